"""What became of what was sent, as a clerk reads it: one table, the refusals by line of the file, the differences."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from producers.channel import Position
from producers.coarsening import STEPS_FR
from producers.extract.records import RowProblem
from producers.extract.wording import count_fr, number_fr
from producers.location.remarks import REMARKS
from producers.preparation import Summary
from producers.publishing import Sent
from producers.receipts import position_of
from producers.uniqueness import Alone
from schemas.events.horizon import KEPT_MONTHS
from schemas.events.receipts import OUTCOMES_FR, ControlDifference, Outcome, ReceiptEvent, Remark

DIRECTIONS_FR = {"out": "départs", "in": "arrivées"}
SHOWN = 50


class Located(NamedTuple):
    """A remark, with the line of the extract that it is about (0: none, or not known)."""

    line: int
    remark: Remark


@dataclass
class Answer:
    """The receipts of some messages, added up. `missing`: messages whose receipt did not come.

    What was refused and then read again ends as what the second reading says: `reread` of the refusals are lifted.
    """

    receipts: int = 0
    missing: int = 0
    sandbox: bool = False
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    rejected: list[Located] = field(default_factory=list)
    rejected_total: int = 0
    reread: int = 0
    warnings: list[Located] = field(default_factory=list)
    warnings_total: int = 0
    differences: list[ControlDifference] = field(default_factory=list)

    def add(self, receipt: ReceiptEvent, lines: Sequence[int] = ()) -> None:
        """Add a receipt. `lines` are the extract's, by rank in the message."""
        data = receipt.data
        self.receipts += 1
        self.sandbox |= data.sandbox
        self.outcomes.update(data.outcomes)
        if data.redriven:
            lifted = min(sum(data.outcomes.values()), self.outcomes["quarantined"])
            self.outcomes["quarantined"] -= lifted
            self.rejected_total -= lifted
            self.reread += lifted
        self.rejected += [_located(one, lines) for one in data.rejected]
        self.rejected_total += data.rejected_total
        self.warnings += [_located(one, lines) for one in data.warnings]
        self.warnings_total += data.warnings_total
        self.differences += data.control_differences


def _located(remark: Remark, lines: Sequence[int]) -> Located:
    return Located(lines[remark.index] if remark.index < len(lines) else 0, remark)


def add_up(receipts: Iterable[ReceiptEvent], lines: Mapping[Position, Sequence[int]]) -> Answer:
    """Return the answer to messages of which `lines` gives the lines of the extract; each is expected once."""
    answer = Answer()
    for receipt in receipts:
        answer.add(receipt, lines.get(position_of(receipt), ()))
    answer.missing = len(lines) - answer.receipts
    return answer


def outcomes_table(answer: Answer) -> Table:
    """Return how many events ended as what."""
    table = Table(title="Au total" + (" (bac à sable : rien n'est compté)" if answer.sandbox else ""))
    table.add_column("Ce que les événements sont devenus")
    table.add_column("Nombre", justify="right")
    for outcome, label in OUTCOMES_FR.items():
        table.add_row(label, number_fr(answer.outcomes[outcome]), style="red" if _refusal(outcome, answer) else None)
    return table


def _refusal(outcome: Outcome, answer: Answer) -> bool:
    return outcome == "quarantined" and answer.outcomes[outcome] > 0


def remarks_table(title: str, remarks: Sequence[Located], total: int) -> Table:
    """Return what was refused, or is to be looked at, by line of the extract; the first of them if there are many."""
    shown = remarks[:SHOWN]
    more = f" ({number_fr(total)}, dont voici {number_fr(len(shown))})" if total > len(shown) else ""
    table = Table(title=title + more)
    for name in ("Ligne", "Champ", "Motif", "Que faire"):
        table.add_column(name, justify="right" if name == "Ligne" else "left")
    for line, remark in shown:
        where = remark.pointer.removeprefix("/data/")
        told = (str(line) if line else remark.event_id or "", where, remark.message_fr, remark.remedy_fr)
        table.add_row(*map(Text, told))
    return table


def differences_table(differences: Iterable[ControlDifference]) -> Table:
    """Return the control totals that differ from what the observatory counts."""
    table = Table(title="Totaux de contrôle qui diffèrent")
    table.add_column("Mois")
    table.add_column("Sens")
    table.add_column("Vous", justify="right")
    table.add_column("L'observatoire", justify="right")
    for one in differences:
        table.add_row(one.month, DIRECTIONS_FR[one.direction], number_fr(one.declared), number_fr(one.counted))
    return table


def tables(answer: Answer) -> list[Table]:
    """Return everything to show of an answer."""
    found = [outcomes_table(answer)]
    if answer.rejected:
        lifted = f", dont {number_fr(answer.reread)} relus et acceptés depuis" if answer.reread else ""
        everything = answer.rejected_total + answer.reread
        found.append(remarks_table(f"Refusés{lifted}", answer.rejected, everything))
    if answer.warnings:
        found.append(remarks_table("À confirmer", answer.warnings, answer.warnings_total))
    if answer.differences:
        found.append(differences_table(answer.differences))
    return found


def receipts_table(receipts: Sequence[ReceiptEvent]) -> Table:
    """Return one row a receipt, the newest last; the last of them if there are many."""
    shown = receipts[-SHOWN:]
    more = f" ({number_fr(len(receipts))}, dont voici les {len(shown)} derniers)" if len(receipts) > len(shown) else ""
    table = Table(title="Accusés de réception" + more)
    table.add_column("Reçu le")
    table.add_column("Message", justify="right")
    table.add_column("Ce qu'il est devenu")
    for one in shown:
        message = "–" if one.data.erased else number_fr(one.data.offset)
        table.add_row(f"{one.data.received_on:%d/%m/%Y}", message, Text(one.data.summary_fr))
    return table


def chosen(receipts: Iterable[ReceiptEvent], rejected: bool, sandbox: bool) -> Iterable[ReceiptEvent]:
    """Yield the receipts that were asked for."""
    for one in receipts:
        if one.data.sandbox == sandbox and (one.data.rejected_total or not rejected):
            yield one


def show_receipts(receipts: list[ReceiptEvent], console: Console) -> None:
    """Show receipts, one a row, then what they add up to."""
    if not receipts:
        console.print("Aucun accusé de réception.")
        return
    console.print(receipts_table(receipts))
    answer = Answer()
    for one in receipts:
        answer.add(one)
    for table in tables(answer):
        console.print(table)


def prepared_lines(summary: Summary, errors: int, *, moves: bool = True) -> list[str]:
    """Return what there is to say of an extract that is ready to leave; `moves` False: it gives none, by its kind."""
    found = [f"{number_fr(summary.moves)} mouvements prêts."] if moves else []
    if errors:
        lines = count_fr(errors, "ligne en erreur n'est pas envoyée", "lignes en erreur ne sont pas envoyées")
        found.append(f"{lines} : voyez `quartiers check`.")
    if summary.repeated:
        first = ", ".join(map(str, summary.repeated[:5]))
        found.append(
            f"{number_fr(len(summary.repeated))} lignes répètent un mouvement déjà dit par le fichier ({first}…) : la "
            "première est envoyée."
        )
    if summary.older:
        found.append(
            f"{number_fr(summary.older)} mouvements ont été dits autrement par un extrait plus récent : ils restent "
            "comme il les a dits. Si ce fichier-ci est le plus récent, dites-en l'instant par --extracted-at."
        )
    if summary.beyond:
        kept = "est antérieur" if summary.beyond == 1 else "sont antérieurs"
        found.append(
            f"{count_fr(summary.beyond, 'mouvement', 'mouvements')} {kept} à la durée de conservation "
            f"({KEPT_MONTHS} mois) : l'observatoire les refusera, sauf pendant une fenêtre de reprise de votre "
            "historique, ouverte à votre accueil ou sur demande."
        )
    for step, number in sorted(summary.steps.items()):
        if step:
            found.append(f"{number_fr(number)} mouvements trop rares partent {STEPS_FR[step]}.")
    if summary.alone and summary.alone.moves:
        found.append(alone_line(summary.alone, by_month=summary.by_month))
    for code, number in summary.remarks.most_common():
        found.append(f"{number_fr(number)} lieux : {REMARKS[code].message_fr}.")
    return found


def alone_line(alone: Alone, *, by_month: bool) -> str:
    """Return how many moves are the only one of their kind in what leaves, and would be if only months left."""

    def told(number: int) -> str:
        return f"{number_fr(number)} mouvements sur {number_fr(alone.moves)} ({100 * number / alone.moves:.0f} %)"

    if by_month:
        return f"Au mois près, {told(alone.by_month)} restent seuls de leur sorte dans ce qui part."
    return (
        f"Au jour près, {told(alone.by_day)} sont seuls de leur sorte dans ce qui part ; au mois près "
        f'(precision = "mois" dans mapping.toml), {told(alone.by_month)} le seraient.'
    )


def problems_table(problems: Sequence[RowProblem]) -> Table:
    """Return what is wrong or doubtful in the extract's rows."""
    table = Table(title="À revoir dans l'extrait")
    for name in ("Ligne", "Colonne", "Gravité", "Constat", "Que faire"):
        table.add_column(name, justify="right" if name == "Ligne" else "left")
    for one in problems:
        gravity = "erreur" if one.severity == "error" else "à confirmer"
        table.add_row(*map(Text, (str(one.line), one.column, gravity, one.message_fr, one.remedy_fr)))
    return table


def refused_table(sent: Sent) -> Table:
    """Return what was not sent because the observatory would refuse it."""
    table = Table(title=f"Non envoyés : l'observatoire les refuserait ({number_fr(len(sent.refused))})")
    table.add_column("Ligne", justify="right")
    table.add_column("Champ")
    table.add_column("Motif")
    for event, problem in sent.refused[:SHOWN]:
        told = (str(event.line or ""), problem.pointer.removeprefix("/data/"), problem.message_fr)
        table.add_row(*map(Text, told))
    return table
