"""What a counter counts: a flow is direction x nature class x inside a QPV x month precision, numbered.

The numbers are those of the table `core.flow` (a test holds them equal).
"""

from schemas.codes import code_list

NATURE_CLASSES = ("ordinary", "internal", "relogement", "technical", "first_letting")


def nature_class(direction: str, reason: str) -> str:
    """Return the class of a departure's reason or an arrival's nature (`out_of_scope` for what is no move).

    A reason that only a newer list knows is of the class of `autre`.
    """
    codes = code_list("departure_reason" if direction == "out" else "arrival_nature")
    return (codes.get(reason) or codes["autre"]).nature_class


def flow_number(direction: str, nature: str, *, inside_qpv: bool, month_precision: bool) -> int:
    """Return the flow's number; ValueError for a nature class that is not counted."""
    return (direction == "in") * 20 + NATURE_CLASSES.index(nature) * 4 + inside_qpv * 2 + month_precision
