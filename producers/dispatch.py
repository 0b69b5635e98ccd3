"""A publication at the terminal: the extract is read, what would leave is shown, sent, and its outcome awaited.

What is wrong of the extract is shown briefly, so that what became of it is what the clerk reads last.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from producers import keys, outcome
from producers.access import open_way, require_way
from producers.coarsening import K
from producers.declaration import Complete, extend
from producers.errors import LandlordError
from producers.extract.mapping import load_mapping
from producers.extract.reading import Extract, open_extract
from producers.extract.records import DwellingRecord, MoveRecord, RowProblem
from producers.extract.wording import count_fr, number_fr
from producers.instants import day_of, last_whole_month
from producers.journal import Journal
from producers.location.locator import open_locator
from producers.messages import rules_of
from producers.preparation import Sender
from producers.publishing import Publication, Sent, Source, States
from producers.stock import Scope
from producers.workspace import Workspace
from runtime.clock import PARIS
from runtime.connection import Connection
from schemas.territories import load

NOT_ALL_ACCEPTED, NO_RECEIPT = 1, 2


@dataclass(frozen=True)
class Options:
    """What the command was asked."""

    sandbox: bool
    via: str
    wait: bool
    seconds: float
    dry_run: bool
    ask: bool
    scope: Scope
    first: date | None
    through: date | None
    states: States | None
    counts_only: bool
    despite_errors: bool
    warnings_shown: int


def run(file: Path, workspace: Workspace, options: Options, k: int, extracted: int, now: datetime) -> int:
    """Publish a file as it was asked; return the exit code."""
    console, today = Console(), now.astimezone(PARIS).date()
    if options.through and options.through > today:
        raise LandlordError(
            f"--complete-through {options.through:%d/%m/%Y} est dans l'avenir : rien n'y est encore complet. Au plus "
            f"tard {today:%d/%m/%Y}. Rien n'a été envoyé."
        )
    connection = Connection.read(workspace.connection)
    if not options.dry_run:
        require_way(connection, options.via, sandbox=options.sandbox)
    extract = open_extract(file, load_mapping(workspace.mapping), today)
    territories = load()
    read_on = min(day_of(extracted), today)
    ring, locator = keys.read(workspace.keys), open_locator(workspace, territories)
    sender = Sender(connection.siren, ring, locator, extracted, read_on, k, extract.mapping.by_month)
    with (
        Journal(workspace.state, int(now.timestamp())) as journal,
        Publication(
            sender, journal, rules_of(territories), today, options.states, counts_only=options.counts_only
        ) as publication,
    ):
        with _bar("Lecture", extract.table.size) as (bar, task):
            extract.watch = lambda done: bar.update(task, completed=done)
            publication.read(Source(extract.kind, _items(extract)))
        _show_prepared(publication, console, sender, options.warnings_shown)
        if ring.until and ring.until < today:
            console.print(
                f"La période à deux clés est finie depuis le {ring.until:%d/%m/%Y} : `quartiers keys retire`.",
                style="yellow",
            )
        if options.ask and not options.dry_run and not _yes("Envoyer ?"):
            console.print("Rien n'a été envoyé.")
            return NOT_ALL_ACCEPTED
        complete = _complete(journal, options, read_on, publication.problems.counts["error"])
        if options.counts_only and not complete:
            raise LandlordError(
                "les comptes d'un mois remplacent les précédents : dites jusqu'où l'extrait, sans erreur, est complet, "
                "par --complete-through."
            )
        if options.dry_run:
            sent = publication.send(None, complete, options.scope, despite_errors=options.despite_errors)
            console.print(f"{number_fr(sent.moves)} mouvements seraient envoyés ; rien ne l'a été.")
            return _after(publication, sent, console)
        return _send(publication, connection, options, complete, console)


def _items(extract: Extract) -> Iterator[MoveRecord | DwellingRecord | RowProblem]:
    yield from extract.problems
    for one in extract.rows():
        yield from one.problems
        yield from one.records


def _show_prepared(publication: Publication, console: Console, sender: Sender, warnings: int) -> None:
    problems = publication.problems
    if shown := problems.shown(warnings):
        console.print(outcome.problems_table(shown))
    if more := problems.counts.total() - len(shown):
        others = count_fr(more, "autre constat", "autres constats")
        console.print(f"{others} : --show {problems.counts.total()} les montre aussi.", highlight=False)
    if publication.counts is None:
        summary = publication.prepare()
        for line in outcome.prepared_lines(summary, problems.counts["error"], moves=not publication.of_stock_alone):
            console.print(line, highlight=False)
    else:
        console.print(f"{number_fr(len(publication.counts))} mois comptés ; aucune ligne ne partira.", highlight=False)
    if publication.of_stock_alone:
        console.print("Sans --state, aucun mouvement n'est déduit d'un état du parc.")
    if publication.stock:
        console.print(f"{number_fr(publication.stock.dwellings)} logements comptés.", highlight=False)
    comparison = publication.comparison
    if comparison and comparison.first:
        console.print(f"Premier état : seuls les mouvements depuis le {comparison.since:%d/%m/%Y} sont déduits.")
    if comparison and comparison.gone:
        console.print(f"{number_fr(comparison.gone)} logements du dernier état ne sont plus dans celui-ci.")
    if sender.k < K:
        console.print(f"k = {sender.k} : les combinaisons rares ne sont plus regroupées comme convenu.", style="yellow")


def _complete(journal: Journal, options: Options, read_on: date, errors: int) -> Complete | None:
    """Return what is declared complete, asking if nobody said; None: nothing is declared.

    A line in error is a move that does not leave: with one, nothing is complete unless the sender insists.
    """
    through = options.through
    if errors and not options.despite_errors:
        wanted = through and options.ask
        if not wanted or not _yes(f"{number_fr(errors)} lignes ne partent pas. Déclarer complet quand même ?"):
            return None
    if through is None and options.ask:
        eve = last_whole_month(read_on)
        through = eve if _yes(f"Tous les mouvements jusqu'au {eve:%d/%m/%Y} sont-ils là ?") else None
    return extend(journal, options.first, through, options.scope) if through else None


def _yes(question: str) -> bool:
    answer = typer.prompt(f"{question} [o/n]", prompt_suffix=" ").strip().lower()
    return answer in ("o", "oui")


def _send(
    publication: Publication, connection: Connection, options: Options, complete: Complete | None, console: Console
) -> int:
    with open_way(connection, options.via, sandbox=options.sandbox, receipts=options.wait) as (channel, mailbox):
        with _bar("Envoi", publication.preparation.summary.moves) as (bar, task):
            sent = publication.send(
                channel,
                complete,
                options.scope,
                lambda events: bar.advance(task, events),
                lasting=not options.sandbox,
                despite_errors=options.despite_errors,
            )
        _show_sent(sent, console, stock_alone=publication.of_stock_alone)
        code = _after(publication, sent, console)
        if not options.wait or mailbox is None:
            return code
        lines = sent.by_position(channel.positions())
        answer = outcome.add_up(mailbox.answers(lines.keys(), options.seconds), lines)
    return max(code, show_answer(answer, console))


def _show_sent(sent: Sent, console: Console, *, stock_alone: bool) -> None:
    if sent.months:
        console.print(f"Les comptes de {number_fr(sent.months)} mois sont envoyés.", highlight=False)
    elif not stock_alone:
        console.print(f"{number_fr(sent.moves)} mouvements envoyés.", highlight=False)
    if sent.stock:
        console.print("Le parc est envoyé.")
    if sent.declaration:
        console.print(f"Déclaré complet jusqu'au {sent.declaration.last:%d/%m/%Y}.", highlight=False)
    else:
        console.print("Rien n'est déclaré complet : --complete-through le fait, une fois l'extrait sans erreur.")


def _after(publication: Publication, sent: Sent, console: Console) -> int:
    if sent.refused:
        console.print(outcome.refused_table(sent))
    return NOT_ALL_ACCEPTED if sent.refused or publication.problems.counts["error"] else 0


def show_answer(answer: outcome.Answer, console: Console) -> int:
    """Show what became of what was sent; return the exit code."""
    for table in outcome.tables(answer):
        console.print(table)
    if answer.missing > 0:
        console.print(
            f"{number_fr(answer.missing)} accusés ne sont pas encore venus. Rien n'est perdu : voyez plus tard "
            "`quartiers receipts`."
        )
        return NO_RECEIPT
    return NOT_ALL_ACCEPTED if answer.rejected_total else 0


@contextmanager
def _bar(title: str, total: int) -> Iterator[tuple[Progress, TaskID]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield bar, bar.add_task(title, total=total or None)
