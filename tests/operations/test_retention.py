"""The operator's commands of retention: windows for histories, folding, erasure with its report."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from operations import erasure
from operations.services.errors import ServiceError
from producers.region.landlords import fictitious_siren
from runtime.settings import Settings
from schemas.events.horizon import horizon
from streams.counters.windows import roll_windows
from streams.retention.erasure import Erased, fingerprint
from tests.operations.conftest import Quartiers
from tests.streams.stage import Stage, message, move

OWN = fictitious_siren(911)
DWELLING = UUID(int=1001)


@pytest.fixture
def landlord(stage: Stage, here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A landlord whose two departures are counted, and an empty folder."""
    monkeypatch.chdir(tmp_path)
    stage.connection.execute("INSERT INTO core.landlord (siren, name) VALUES (%s, 'Habitat')", [OWN])
    today = datetime.now(UTC).date()
    events: list[Any] = [move(OWN, number=n, effective_on=today.isoformat()) for n in (1, 2)]
    stage.take(message(0, events, siren=OWN, day=today))
    return stage


@pytest.mark.services
def test_a_window_is_opened_shown_and_closed(landlord: Stage, quartiers: Quartiers) -> None:
    opened = quartiers("landlord", "backfill", "open", OWN, "--from", "2019-01", "--days", "30")
    assert opened.code == 0
    assert "depuis 01/2019" in opened.out
    assert "ouverte" in quartiers("landlord", "backfill", "list").out
    assert "Fenêtre" in quartiers("landlord", "backfill", "close", OWN).out
    assert "fermée" in quartiers("landlord", "backfill", "list").out
    assert "n'avait pas de fenêtre" in quartiers("landlord", "backfill", "close", OWN).out
    assert (
        "n'est pas connu" in quartiers("landlord", "backfill", "open", fictitious_siren(912), "--from", "2019-01").err
    )


@pytest.mark.services
def test_what_is_past_its_time_is_folded_and_shown(landlord: Stage, quartiers: Quartiers) -> None:
    today = datetime.now(UTC).date()
    old = move(OWN, number=3, effective_on=horizon(today).isoformat())
    landlord.take(message(1, [old], siren=OWN, day=today))
    assert "jamais" in quartiers("retention", "show").out
    assert quartiers("retention", "keep", "20").code == 0
    roll_windows(landlord.connection, today)
    ran = quartiers("retention", "run")
    assert f"ce qui précède le {horizon(today, 20):%d/%m/%Y} : 1 mouvements" in ran.out
    shown = quartiers("retention", "show").out
    assert "20 mois" in shown
    assert "jamais" not in shown
    landlord.assert_counters_equal_a_recount()
    assert quartiers("retention", "keep", "3").code != 0


@pytest.mark.services
def test_a_dwelling_is_erased_with_a_receipt_and_a_report_to_be_signed(landlord: Stage, quartiers: Quartiers) -> None:
    Path("liste.txt").write_text(f"{DWELLING}\n\n", encoding="utf-8")
    done = quartiers("erase", "--landlord", OWN, "liste.txt", "--yes")
    assert done.code == 0, done.err
    assert landlord.rows("SELECT move_id FROM core.move") == [(UUID(int=2),)]
    (report,) = Path.cwd().glob(f"effacement-{OWN}-*.md")
    text = report.read_text(encoding="utf-8")
    assert "| mouvements effacés du registre | 1 |" in text
    assert "égaux à leur recomptage" in text
    assert fingerprint([DWELLING]) in text
    assert str(DWELLING) not in text + done.out
    assert landlord.receipts()[-1]["erased"]["moves"] == 1
    assert quartiers("erase", "--landlord", OWN, "--dwelling", str(DWELLING), "--yes").code == 0
    assert len(list(Path.cwd().glob("effacement-*.md"))) == 2, "a report is never overwritten"


@pytest.mark.services
def test_what_cannot_be_erased_is_said(landlord: Stage, quartiers: Quartiers) -> None:
    assert "aucun pseudonyme" in quartiers("erase", "--landlord", OWN, "--yes").err
    Path("liste.txt").write_text(f"{DWELLING}\nDurand\n", encoding="utf-8")
    wrong = quartiers("erase", "--landlord", OWN, "liste.txt", "--yes")
    assert wrong.code == 1
    assert "ligne 2" in wrong.err
    assert "Durand" not in wrong.err
    unknown = quartiers("erase", "--landlord", fictitious_siren(912), "--dwelling", str(DWELLING), "--yes")
    assert "n'est pas connu" in unknown.err


def test_a_list_is_read_once_each_whatever_the_case() -> None:
    lines = [str(DWELLING), str(DWELLING).upper(), "", f"  {UUID(int=7)} "]
    assert erasure.read_list(lines) == [DWELLING, UUID(int=7)]
    with pytest.raises(ServiceError, match="aucun pseudonyme"):
        erasure.read_list(["", " "])


def test_the_report_says_when_kafka_has_forgotten() -> None:
    now = datetime(2026, 3, 15, 10, tzinfo=UTC)
    text = erasure.report(OWN, "Habitat", "moi", [DWELLING], Erased(1, 0, 0), 4, now, equal=False)
    assert "14/04/2026" in text
    assert date(2026, 3, 15) + timedelta(days=30) == date(2026, 4, 14)
    assert "| lignes effacées de l'archive | 4 |" in text
    assert "DIFFÉRENTS" in text
