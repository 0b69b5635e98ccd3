"""A check says where the dwellings are and what would lose detail, as sending does."""

from dataclasses import replace
from datetime import date

from producers.examination import Outlook
from producers.outcome import alone_line, prepared_lines
from producers.preparation import Preparation, Sender
from schemas.events.horizon import horizon
from tests.producers.sending.stage import RING, SIREN, FakeLocator, dwelling, move

ON = date(2026, 4, 1)


def lines(records) -> str:
    outlook = Outlook(FakeLocator(), ON)
    for record in records:
        outlook.take(record)
    return "\n".join(outlook.lines_fr())


def test_what_a_check_foretells_is_what_sending_does():
    records = [move(number, household_type="seul" if number % 7 else "couple_enf") for number in range(700)]
    records += [move(number, rooms="T5") for number in range(700, 703)]
    with Preparation(Sender(SIREN, RING, FakeLocator(), 0, ON), None) as preparation:
        preparation.read(records)
        preparation.prepare()
        steps = preparation.summary.steps
    told = lines(records)
    assert steps[4] == 3
    assert "3 mouvements, trop rares (moins de 5 semblables), perdront du détail" in told
    assert f"{steps[4]} sans le ménage, le financement, la typologie ni le motif" in told
    assert alone_line(preparation.summary.alone, by_month=False) in told
    assert "703 dans un quartier" in told
    assert "703 par l'indicateur QPV" in told


def test_dwellings_are_located_and_nothing_of_them_is_rare():
    record = dwelling(1)
    told = lines([record, replace(record, where=replace(record.where, qpv_flag=False))])
    assert "1 dans un quartier, 1 hors de tout quartier" in told
    assert "rares" not in told


def test_nothing_is_said_of_nothing():
    assert lines([]) == ""


def test_what_the_observatory_would_refuse_as_too_old_is_said_before_it_leaves():
    records = [move(1), move(2, effective_on=date(2024, 3, 1)), move(3, effective_on=date(2024, 2, 29))]
    with Preparation(Sender(SIREN, RING, FakeLocator(), 0, ON), None, horizon(ON)) as preparation:
        preparation.read(records)
        preparation.prepare()
        (told,) = [line for line in prepared_lines(preparation.summary, 0) if "conservation" in line]
    assert told.startswith("1 mouvement est antérieur à la durée de conservation (25 mois)")
    assert "fenêtre de reprise" in told
