"""What a counter counts: a flow is direction x nature class x inside a QPV x month precision, numbered.

Inside a QPV has three answers: yes, no, and not located to a quartier, which is counted apart.
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


def flow_number(direction: str, nature: str, *, inside_qpv: bool | None, month_precision: bool) -> int:
    """Return the flow's number; ValueError for a nature class that is not counted."""
    arrival, number = direction == "in", NATURE_CLASSES.index(nature)
    if inside_qpv is None:
        return 40 + arrival * 10 + number * 2 + month_precision
    return arrival * 20 + number * 4 + inside_qpv * 2 + month_precision
