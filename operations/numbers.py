"""Numbers as the French write them."""


def number(value: int | None) -> str:
    """Return a number as the French write it; a value held back is `secret`."""
    return "secret" if value is None else f"{value:,}".replace(",", "\u202f")
