"""Logging: one line an event, with its facts as fields. Normal operation emits almost nothing."""

import logging
import sys
from typing import Any

import structlog


def configure() -> None:
    """Send structured lines to standard error."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def logger(name: str) -> Any:
    """Return a logger that names its module."""
    # Lazy: bound at import, before `configure`, it would print with the variables of every frame.
    return structlog.get_logger(module=name)
