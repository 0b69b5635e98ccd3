"""Pictures are SVG that a browser reads: told by a title, words escaped, places in proportion."""

from xml.etree import ElementTree

import pytest

from operations.backtest.charts import Row, shares
from operations.backtest.figures import decimal, interval, percent, reasons
from operations.backtest.svg import Drawing, Scale
from streams.backtest.calm import Share

SVG = "{http://www.w3.org/2000/svg}"


def test_words_are_escaped_and_the_title_is_told() -> None:
    drawing = Drawing(100, 50, "p < alpha & co")
    drawing.text(1, 2, "« L'Œil » <b>&")
    drawing.dot(3, 4, 2, "#000000", hint="1 < 2")
    root = ElementTree.fromstring(drawing.written())
    assert root.attrib["aria-label"] == "p < alpha & co"
    assert root.attrib["role"] == "img"
    assert [one.text for one in root.iter(f"{SVG}title")] == ["p < alpha & co", "1 < 2"]
    assert [one.text for one in root.iter(f"{SVG}text")] == ["« L'Œil » <b>&"]


def test_a_scale_is_straight_and_ends_where_it_ends() -> None:
    scale = Scale(0, 10, 100, 300)
    assert [scale(value) for value in (0, 5, 10, 12, -3)] == [100, 200, 300, 300, 100]


def test_a_share_stands_at_its_place_with_its_interval_and_few_tests_are_left_out() -> None:
    drawing = shares([Row("juste", Share(10, 1000)), Row("rare", Share(1, 20)), Row("titre")], 0.01, "t", "par mois")
    root = ElementTree.fromstring(drawing.written())
    words = [one.text for one in root.iter(f"{SVG}text")]
    assert "juste" in words
    assert "titre" in words
    assert "rare" not in words
    assert "1,00 %" in words
    (dot,) = root.iter(f"{SVG}circle")
    assert float(dot.attrib["cx"]) == pytest.approx(400 + (690 - 400) / 3, abs=0.1)
    low, high = interval(Share(10, 1000))
    assert low < 1 < high


def test_numbers_are_written_as_the_french_write_them() -> None:
    assert (decimal(1.234), decimal(0.5, 1), decimal(float("nan"))) == ("1,23", "0,5", "–")
    assert (percent(12.3), percent(float("nan"))) == ("12 %", "–")
    assert reasons({"no_verdict:negative_count": 1200}) == "1\u202f200 (compte négatif)"
    assert reasons({}) == "aucun"
