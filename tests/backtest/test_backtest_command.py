"""`quartiers backtest`: a file or a database in, a report with its pictures out; what is wrong is said, with code 2."""

import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import psycopg
import pytest

from operations import cli
from runtime.settings import Settings

Typed = Callable[..., tuple[int, str]]
LATE = ("--from", "2023-01")
"""Few months are tested: quick."""
PICTURES = {"calibration.svg", "fausses-alarmes.svg", "incidents.svg"}


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Type `quartiers backtest`; return the exit code and all that was said."""

    def run(*words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["quartiers", "backtest", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    return run


def panel(file: Path, months: int = 40, series: int = 12, level: float = 6.0, change: str = "") -> Path:
    """Write a panel of so many months from 2020 on; `change` replaces the first count."""
    drawn = np.random.default_rng(1).poisson(level, (series, months))
    lines = ["series,period,count"]
    for one in range(series):
        lines += [f"Q{one},{2020 + t // 12}-{t % 12 + 1:02},{drawn[one, t]}" for t in range(months)]
    if change:
        lines[1] = f"Q0,2020-01,{change}"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_a_file_gives_a_report_whose_pictures_are_there(typed: Typed, tmp_path: Path) -> None:
    file, folder = panel(tmp_path / "departs.csv"), tmp_path / "out"
    code, said = typed(file, "--output", folder, "--seed", 7, *LATE)
    assert code == 0, said
    assert {one.name for one in folder.iterdir()} == {"rapport.md", *PICTURES}
    text = (folder / "rapport.md").read_text(encoding="utf-8")
    assert text.startswith("# Rétro-examen de departs.csv")
    assert "`quartiers backtest departs.csv --output out --seed 7 --from 2023-01`" in text, "no folder of this machine"
    assert str(tmp_path) not in text
    assert "graine 7. 12 séries, de 2023-01 à 2023-04" in text
    for name in PICTURES:
        assert f"]({name})" in text
        assert ElementTree.parse(folder / name).getroot().tag.endswith("svg")


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(typed: Typed, tmp_path: Path) -> None:
    file = panel(tmp_path / "departs.csv")
    texts = []
    for seed in (7, 7, 8):
        assert typed(file, "--output", tmp_path / "out", "--seed", seed, *LATE)[0] == 0
        texts.append({one.name: one.read_bytes() for one in (tmp_path / "out").iterdir()})
    assert texts[0] == texts[1] != texts[2]


def test_farrington_has_no_mid_p_and_says_so(typed: Typed, tmp_path: Path) -> None:
    file, folder = panel(tmp_path / "departs.csv", months=76, series=4), tmp_path / "out"
    code, said = typed(file, "--method", "farrington", "--output", folder)
    assert code == 0, said
    assert "pas de mid-p" in (folder / "rapport.md").read_text(encoding="utf-8")
    assert not (folder / "calibration.svg").exists()


def test_a_negative_count_has_no_verdict_in_the_report_either(typed: Typed, tmp_path: Path) -> None:
    file = panel(tmp_path / "departs.csv", months=40)
    text = file.read_text(encoding="utf-8").splitlines()
    text[40] = "Q0,2023-04,-3"
    file.write_text("\n".join(text), encoding="utf-8")
    assert typed(file, "--output", tmp_path / "out", *LATE)[0] == 0
    assert "telle quelle : 1 (compte négatif)" in (tmp_path / "out" / "rapport.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "level", "months", "change", "sentence"),
    [
        ((), 6.0, 40, "beaucoup", "ligne 2, colonne count"),
        ((), 6.0, 10, "", "trop peu d'historique"),
        ((), 0.0, 40, "", "aucun événement"),
        (("--from", "2031-01"), 6.0, 40, "", "aucune période à examiner"),
        (("--alpha", "2"), 6.0, 40, "", "entre 0 et 1"),
        (("--half-window", "9"), 6.0, 40, "", "--half-window 9"),
        (("--truth", "panel.csv"), 6.0, 40, "", "va sans fichier de comptes"),
    ],
)
def test_what_cannot_be_judged_is_said_and_nothing_is_written(
    typed: Typed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    level: float,
    months: int,
    change: str,
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    file = panel(tmp_path / "panel.csv", months=months, level=level, change=change)
    code, said = typed(file, "--output", tmp_path / "out", *options)
    assert code == 2
    assert sentence in " ".join(said.split())
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()


def test_without_a_file_no_detector_can_be_chosen(typed: Typed) -> None:
    code, said = typed("--alpha", "0.05")
    assert code == 2
    assert "va avec un fichier" in said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[{", "pas un fichier d'incidents connus"),
        ('{"moves": []}', "pas un fichier d'incidents connus"),
        ('[{"kind": "silence"}]', "pas un fichier d'incidents connus"),
        (
            '[{"kind": "flood", "label_fr": "", "qpv": null, "landlord": null, "start": "2025-01-01", '
            '"end": "2025-02-01"}]',
            "genre d'incident inconnu, flood",
        ),
    ],
)
def test_labels_that_cannot_be_read_are_refused(typed: Typed, tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "incidents.json"
    file.write_text(text, encoding="utf-8")
    code, said = typed("--truth", file, "--output", tmp_path / "out")
    assert code == 2
    assert sentence in said
    assert not (tmp_path / "out").exists()


@pytest.mark.services
@pytest.mark.usefixtures("database")
def test_an_instance_that_received_nothing_has_no_history(typed: Typed, settings: Settings, tmp_path: Path) -> None:
    code, said = typed("--instance", settings.instance, "--output", tmp_path / "out")
    assert code == 2
    assert "aucun parc n'a été reçu" in said


@pytest.mark.services
def test_two_months_are_too_little_history(
    typed: Typed, settings: Settings, database: psycopg.Connection[object], tmp_path: Path
) -> None:
    database.execute("UPDATE core.window_state SET as_of = '2026-03-10'")
    database.execute(
        "INSERT INTO core.stock (landlord, stock_on, revision, content_hash, scope, received_on) "
        "VALUES ('900000001', '2026-01-01', 1, '', 'whole_stock', '2026-01-05')"
    )
    code, said = typed("--instance", settings.instance, "--output", tmp_path / "out")
    assert code == 2
    assert "trop peu d'historique : les parcs commencent en 2026-01" in said
