"""`quartiers detect`: a CSV in, a verdict a row out; whatever is wrong is said with its line, or is no verdict."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from operations import cli

Row = dict[str, str]
COLUMNS = ["series", "period", "count", "expected", "upper", "p_value", "alarm", "verdict"]


@pytest.fixture
def typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Type `quartiers detect` on a text; return the exit code, what was answered and what was said."""

    def run(text: str, *options: str) -> tuple[int, str, str]:
        file = tmp_path / "panel.csv"
        file.write_text(text, encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["quartiers", "detect", str(file), *options])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


Typed = Callable[..., tuple[int, str, str]]


def month(number: int) -> str:
    return f"{2018 + number // 12}-{number % 12 + 1:02}"


def panel(series: int = 3, months: int = 72, seed: int = 1, *, level: float = 6) -> list[list[str]]:
    drawn = np.random.default_rng(seed).poisson(level, (series, months))
    return [[f"Q{s}", month(t), str(drawn[s, t])] for s in range(series) for t in range(months)]


def text(rows: Iterable[list[str]], header: str = "series,period,count") -> str:
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def rows(answer: tuple[int, str, str]) -> list[Row]:
    code, out, said = answer
    assert code == 0, said
    return list(csv.DictReader(io.StringIO(out)))


def of(found: list[Row], series: str, period: str) -> Row:
    (one,) = [row for row in found if (row["series"], row["period"]) == (series, period)]
    return one


def refused(answer: tuple[int, str, str]) -> str:
    code, out, said = answer
    assert (code, out) == (2, "")
    assert said.startswith("Erreur : ")
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize("method", ["pooled", "farrington"])
def test_each_row_has_an_answer_and_an_outbreak_is_an_alarm(typed: Typed, method: str) -> None:
    lines = panel(4)
    lines[71][2] = "40"
    found = rows(typed(text(lines), "--method", method))
    assert list(found[0]) == COLUMNS
    assert [(row["series"], row["period"], row["count"]) for row in found] == [tuple(line) for line in lines]
    last = of(found, "Q0", "2023-12")
    assert (last["alarm"], last["verdict"]) == ("true", "alarm")
    assert float(last["upper"]) < 40
    assert float(last["p_value"]) < 0.01
    first = of(found, "Q0", "2018-01")
    assert first["verdict"] == "no_verdict:too_little_history"
    assert (first["expected"], first["upper"], first["p_value"], first["alarm"]) == ("", "", "", "")


def test_json_says_the_same_as_csv(typed: Typed) -> None:
    told = rows(typed(text(panel()), "--from", "2023-11"))
    code, out, _ = typed(text(panel()), "--from", "2023-11", "--format", "json")
    objects = json.loads(out)
    assert code == 0
    assert [list(one) for one in objects] == [COLUMNS] * len(told)
    for one, row in zip(objects, told, strict=True):
        assert (one["series"], one["period"], one["count"]) == (row["series"], row["period"], int(row["count"]))
        assert one["p_value"] == float(row["p_value"])
        assert one["alarm"] is (row["alarm"] == "true")
    none = json.loads(typed(text(panel()), "--to", "2018-01", "--format", "json")[1])
    assert {one["alarm"] for one in none} == {None}


@pytest.mark.parametrize("method", ["pooled", "farrington"])
def test_the_order_of_rows_changes_nothing(typed: Typed, method: str) -> None:
    lines = panel()
    shuffled = [lines[place] for place in np.random.default_rng(2).permutation(len(lines))]
    before, after = (rows(typed(text(one), "--method", method)) for one in (lines, shuffled))
    by_key = {(row["series"], row["period"]): row for row in after}
    for row in before:
        other = by_key[row["series"], row["period"]]
        assert row["verdict"] == other["verdict"]
        if row["p_value"]:
            assert float(row["p_value"]) == pytest.approx(float(other["p_value"]), rel=1e-6)


def test_from_and_to_choose_what_is_tested_not_what_is_learnt_from(typed: Typed) -> None:
    whole = rows(typed(text(panel())))
    some = rows(typed(text(panel()), "--from", "2023-03", "--to", "2023-05"))
    assert {row["period"] for row in some} == {"2023-03", "2023-04", "2023-05"}
    assert all(row in whole for row in some)
    assert "le fichier va de 2018-01 à 2023-12" in refused(typed(text(panel()), "--from", "2030-01"))
    assert "--from, --to" in refused(typed(text(panel()), "--from", "2023-W05"))


def test_plain_numbers_need_a_frequency(typed: Typed) -> None:
    lines = [["A", str(t), str(5 + t % 3)] for t in range(1, 331)]
    assert "--frequency 12 (mois) ou 52 (semaines)" in refused(typed(text(lines), "--method", "farrington"))
    found = rows(typed(text(lines), "--method", "farrington", "--frequency", "52"))
    assert of(found, "A", "264")["verdict"] == "normal"
    assert of(found, "A", "263")["verdict"] == "no_verdict:too_little_history"
    assert "ne va pas avec des périodes écrites AAAA-MM" in refused(typed(text(panel()), "--frequency", "52"))


def weeks(first: date, last: date, *, without_53: bool = False) -> list[str]:
    mondays = range(first.toordinal(), last.toordinal() + 1, 7)
    labels = [date.fromordinal(day).isocalendar() for day in mondays]
    return [f"{one.year}-W{one.week:02}" for one in labels if not (without_53 and one.week == 53)]


def test_weeks_go_back_by_date_and_week_53_is_one_of_them(typed: Typed) -> None:
    labels = weeks(date(2012, 1, 2), date(2021, 1, 31))
    lines = [["A", label, str(6 + place % 4)] for place, label in enumerate(labels)]
    found = rows(typed(text(lines), "--method", "farrington", "--from", "2020-W50"))
    assert [row["period"] for row in found] == [
        "2020-W50",
        "2020-W51",
        "2020-W52",
        "2020-W53",
        *weeks(date(2021, 1, 4), date(2021, 1, 31)),
    ]
    assert {row["verdict"] for row in found} == {"normal"}
    assert "n'a pas de semaine 53" in refused(typed(text([["A", "2019-W53", "3"]])))


def test_years_without_any_week_53_are_of_52_weeks(typed: Typed) -> None:
    labels = weeks(date(2012, 1, 2), date(2021, 1, 31), without_53=True)
    values = [str(6 + place % 4) for place in range(len(labels))]
    dated = [["A", label, value] for label, value in zip(labels, values, strict=True)]
    plain = [["A", str(place), value] for place, value in enumerate(values)]
    code, out, said = typed(text(dated), "--method", "farrington")
    assert "années sont comptées de 52 semaines" in said
    numbered = rows(typed(text(plain), "--method", "farrington", "--frequency", "52"))
    assert [row["upper"] for row in rows((code, out, said))] == [row["upper"] for row in numbered]


def test_coverage_below_half_is_no_verdict_and_not_no_alarm(typed: Typed) -> None:
    lines = [[*row, "500", "0.4" if row[1] == "2023-12" else "1"] for row in panel()]
    for method in ("pooled", "farrington"):
        found = rows(typed(text(lines, "series,period,count,exposure,coverage"), "--method", method))
        last = of(found, "Q1", "2023-12")
        assert (last["verdict"], last["alarm"], last["p_value"]) == ("no_verdict:coverage_below_half", "", "")


@pytest.mark.parametrize("method", ["pooled", "farrington"])
@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (["Q0", "2023-12", "", "500", "1"], "no_verdict:no_data"),
        (["Q0", "2023-12", "-4", "500", "1"], "no_verdict:negative_count"),
        (["Q0", "2023-12", "6", "0", "1"], "no_verdict:exposure_zero"),
        (["Q0", "2023-12", "6", "", "1"], "no_verdict:exposure_zero"),
        (["Q0", "2023-12", "6", "500", ""], "no_verdict:coverage_missing"),
    ],
)
def test_what_cannot_be_judged_has_its_reason(typed: Typed, method: str, line: list[str], verdict: str) -> None:
    lines = [[*row, "500", "1"] for row in panel()]
    lines[71] = line
    found = rows(typed(text(lines, "series,period,count,exposure,coverage"), "--method", method))
    assert of(found, "Q0", "2023-12")["verdict"] == verdict
    assert of(found, "Q0", "2023-12")["alarm"] == ""
    assert of(found, "Q1", "2023-12")["verdict"] == "normal"


@pytest.mark.parametrize("method", ["pooled", "farrington"])
def test_a_gap_is_no_data_and_one_point_or_zeros_are_no_alarm(typed: Typed, method: str) -> None:
    lines = [row for row in panel() if row != panel()[70]]
    assert of(rows(typed(text(lines), "--method", method)), "Q0", "2023-11")["verdict"] == "no_verdict:no_data"
    (point,) = rows(typed(text([["A", "2023-12", "900"]]), "--method", method))
    assert (point["verdict"], point["alarm"]) == ("no_verdict:too_little_history", "")
    zeros = rows(typed(text([["A", month(t), "0"] for t in range(72)]), "--method", method))
    assert {row["alarm"] for row in zeros} == {""}
    assert zeros[-1]["verdict"] == "no_verdict:no_events"


def test_a_future_period_has_no_verdict_and_teaches_nothing(typed: Typed) -> None:
    lines = [*panel(), *([f"Q{s}", "9998-12", "900"] for s in range(1))]
    assert "c'est trop" not in typed(text(lines))[2]
    found = rows(typed(text(lines), "--from", "2023-12"))
    assert of(found, "Q0", "9998-12")["verdict"] == "no_verdict:in_the_future"
    assert of(found, "Q0", "2023-12")["p_value"] == of(rows(typed(text(panel()))), "Q0", "2023-12")["p_value"]


def with_line(number: int, line: str, header: str = "series,period,count") -> str:
    lines = text(panel(), header).splitlines()
    return "\n".join([*lines[: number - 1], line, *lines[number - 1 :]]) + "\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "il manque la colonne series, period, count"),
        ("series,period,count\n", "aucune ligne"),
        ("series;month;count\nA;2020-01;3\n", "il manque la colonne period"),
        ("series,period,count,count\n", "la colonne count est là deux fois"),
        (with_line(7, "Q9,2020-01,douze"), "ligne 7, colonne count : « douze » n'est pas un nombre"),
        (
            with_line(7, "Q9,2020-01,1e400"),
            "ligne 7, colonne count : « 1e400 » n'est pas possible : ce nombre est hors",
        ),
        (
            with_line(7, "Q9,2020-01,2.5"),
            "ligne 7, colonne count : « 2.5 » n'est pas possible : un compte est un nombre",
        ),
        (with_line(7, "Q9,2020-13,3"), "ligne 7, colonne period : « 2020-13 » n'est pas un mois"),
        (with_line(7, "Q9,janvier,3"), "ligne 7, colonne period : « janvier » n'est pas une période"),
        (with_line(7, "Q9,2020-W02,3"), "ligne 7, colonne period : « 2020-W02 » n'est pas écrit comme"),
        (
            with_line(7, "Q0,2018-02,3"),
            "ligne 7, colonne period : 2018-02 est déjà donné pour la série « Q0 » à la ligne 3",
        ),
        (with_line(7, ",2018-02,3"), "ligne 7, colonne series : la série n'a pas de nom"),
        (with_line(7, "Q9,2018-02"), "ligne 7 : 2 valeurs pour 3 colonnes"),
        ('series,period,count\n"A,2020-01,3\n', "n'est pas un CSV"),
        ("series,period,count,exposure\nA,2020-01,3,-1\n", "ligne 2, colonne exposure : « -1 » n'est pas possible"),
        ("series,period,count,coverage\nA,2020-01,3,85\n", "la couverture est une part, de 0 à 1 (0.85 pour 85 %)"),
        ("series,period,count\nA,1,3\nA,900000000,3\n", "c'est trop"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_place(typed: Typed, content: str, said: str) -> None:
    options = ("--frequency", "12") if "900000000" in content else ()
    assert said in refused(typed(content, *options))


def test_a_file_that_is_not_text_is_refused(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "write_text", lambda self, _, **__: self.write_bytes(b"series,period,count\n\xe9,1,2\n"))
    assert "n'est pas en UTF-8" in refused(typed(""))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--alpha", "2"), "--alpha : entre 0 et 1"),
        (("--recent-cases", "5"), "--recent-cases : deux nombres"),
        (("--recent-cases", "5,0"), "--recent-cases : deux nombres"),
        (("--method", "magie"), "'pooled', 'farrington'"),
        (("--method", "farrington", "--half-window", "6"), "--half-window 6 : au plus 5"),
        (("--method", "farrington", "--half-window", "1", "--no-periods", "20"), "--no-periods 20 : au plus 10"),
        (("--past-not-included", "1"), "--past-not-included 1 : au moins 2"),
    ],
)
def test_options_that_cannot_be_are_explained(typed: Typed, options: tuple[str, ...], said: str) -> None:
    assert said in refused(typed(text(panel()), *options))


def test_semicolons_byte_order_marks_and_other_columns_are_taken(typed: Typed) -> None:
    lines = [[*row, "500,5", "rouge"] for row in panel()]
    french = "\ufeffSeries;Period;Count;Exposure;couleur\n" + "\n".join(";".join(row) for row in lines)
    code, out, said = typed(french)
    assert "Colonnes sans effet : couleur." in said
    plain = rows(typed(text([[*row, "500.5"] for row in panel()], "series,period,count,exposure")))
    assert rows((code, out, said)) == plain


def test_each_option_reaches_the_detector(typed: Typed) -> None:
    lines = panel(2, level=8)
    lines[40][2] = "60"
    base = rows(typed(text(lines), "--method", "farrington", "--from", "2023-06"))
    for options in (
        ("--alpha", "0.001"),
        ("--years-back", "3"),
        ("--half-window", "1"),
        ("--no-periods", "3"),
        ("--weights-threshold", "0.5"),
        ("--past-not-included", "14"),
        ("--trend-threshold", "1"),
        ("--no-reweight",),
        ("--threshold-method", "nbPlugin"),
        ("--threshold-method", "muan"),
        ("--recent-cases", "900,4"),
    ):
        other = rows(typed(text(lines), "--method", "farrington", "--from", "2023-06", *options))
        assert [row["upper"] for row in other] != [row["upper"] for row in base], options
    for options in (
        ("--alpha", "0.001"),
        ("--years-back", "3"),
        ("--half-window", "1"),
        ("--past-not-included", "14"),
        ("--weights-threshold", "0.5"),
    ):
        plain, other = (rows(typed(text(lines), "--from", "2023-06", *one)) for one in ((), options))
        assert [row["upper"] + row["expected"] for row in other] != [row["upper"] + row["expected"] for row in plain]
    assert "Sans effet avec --method pooled : --no-periods." in typed(text(lines), "--no-periods", "3")[2]


def test_a_million_rows_are_read_whole(tmp_path: Path) -> None:
    from operations.detection.panel_file import read_panel

    labels = [month(number) for number in range(100)]
    file = tmp_path / "large.csv"
    with file.open("w") as large:
        large.write("series,period,count\n")
        for series in range(10_000):
            large.writelines(f"S{series},{label},{series % 7}\n" for label in labels)
    found = read_panel(file)
    assert found.counts.shape == (10_000, 100)
    assert found.counts[8].tolist() == [1.0] * 100
