"""`quartiers doctor`: what this machine and this instance have, what they lack, and what to do about it.

Nothing is written, started or downloaded, and no check can end the others: what fails while it is being looked
at is a finding like any other.
"""

from collections.abc import Callable, Iterable, Sequence

from operations.doctor.finding import Finding, bad
from runtime.settings import Settings

Examination = Callable[[Settings], Iterable[Finding]]

__all__ = ["Finding", "examine", "healthy"]


def examine(settings: Settings, examinations: Sequence[tuple[str, Examination]]) -> list[tuple[str, list[Finding]]]:
    """Return the findings of each named examination."""
    return [(title, list(_guarded(settings, examination))) for title, examination in examinations]


def _guarded(settings: Settings, examination: Examination) -> Iterable[Finding]:
    try:
        yield from examination(settings)
    except Exception as error:  # whatever it is, the user asked what is wrong
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        yield bad("Vérification interrompue", first, "Corrigez ce qui précède, puis relancez `quartiers doctor`.")


def healthy(found: Iterable[tuple[str, list[Finding]]]) -> bool:
    """Return whether nothing needed is wrong."""
    return not any(one.state == "bad" for _, findings in found for one in findings)
