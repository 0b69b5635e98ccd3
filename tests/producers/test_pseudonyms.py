"""Pseudonyms are keyed, stable and unambiguous."""

from uuid import RFC_4122, UUID

import pytest

from producers.pseudonyms import pseudonym, pseudonym_text


def test_a_pseudonym_never_changes():
    assert pseudonym(b"key", "move", "L-1", "out") == UUID("8bc9733d-17b7-893a-9c14-83e9fac42bb2")


def test_it_is_a_version_8_uuid_and_its_text_is_the_same():
    for number in range(200):
        one = pseudonym(b"key", "dwelling", str(number))
        assert (one.version, one.variant) == (8, RFC_4122)
        assert pseudonym_text(b"key", "dwelling", str(number)) == str(one)


def test_another_key_or_another_cut_gives_another_pseudonym():
    assert pseudonym(b"a", "12", "3") != pseudonym(b"b", "12", "3")
    assert pseudonym(b"a", "12", "3") != pseudonym(b"a", "1", "23")


@pytest.mark.parametrize(("key", "parts"), [(b"", ("x",)), (b"k", ()), (b"k", ("a\x1fb",))])
def test_what_could_be_guessed_or_confused_is_refused(key, parts):
    with pytest.raises(ValueError, match=r"key is empty|a part"):
        pseudonym(key, *parts)
