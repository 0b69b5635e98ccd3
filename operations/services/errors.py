"""The one error of the services."""


class ServiceError(RuntimeError):
    """A service cannot be installed, started or stopped; the message, in French, says what to do."""
