"""What an operator reads of the quarantine is text, whatever a sender wrote: no markup, no order to the terminal."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from operations.commands.quarantine import description, readable, show_list
from operations.quarantine import Refused

REFUSED = Refused(
    *(1, "123456789", datetime(2026, 3, 2, tzinfo=UTC), "personal_data", "/data/nom", "topic", 0, 1, 0),
    *("donnée personnelle interdite : nom", None, None),
)


@pytest.mark.parametrize("pointer", ["/data/nom[/b]", "/data/[red]nom", "/data/nom\x1b[2J"])
def test_a_field_that_looks_like_markup_is_shown_as_it_is(pointer: str, capsys: pytest.CaptureFixture[str]) -> None:
    show_list({"personal_data": 1}, [replace(REFUSED, pointer=pointer)])
    said = "".join(capsys.readouterr().out.split())
    assert "personal_data" in said
    assert readable(pointer)[:9] in said
    assert "\x1b[2J" not in said


def test_a_sender_gives_the_terminal_no_order() -> None:
    said = "\n".join(
        description(replace(REFUSED, pointer="/data/\x1b]0;x\x07", message_fr="type inconnu : \x1b[2J\r\n"))
    )
    assert "\x1b" not in said
    assert "type inconnu : \\x1b[2J\\x0d" in said
    assert readable("é « 12 »\n\t{}\x9b") == "é « 12 »\n\t{}\\x9b"
