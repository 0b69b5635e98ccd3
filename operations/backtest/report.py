"""The report: Markdown in French with its pictures, in a folder. The same seed and data give the same bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from operations.backtest import charts, history_report
from operations.backtest.figures import COVERAGES_FR, QUIET_FR, SIZES_FR, decimal, interval, percent, reasons, table
from operations.backtest.history import History
from operations.backtest.svg import Drawing
from operations.numbers import number
from streams.backtest.calm import Calm, Share
from streams.backtest.incidents import Caught, Precision
from streams.backtest.measured import Measured

REPORT = "rapport.md"


@dataclass(frozen=True)
class Subject:
    """What was judged: `title_fr` and `command` for the head of the report; series and tested periods by name.

    `unit`, `units`: what a period is called, and several.
    """

    title_fr: str
    command: str
    series: int
    first: str
    last: str
    method: str
    alpha: float
    seed: int
    unit: str
    units: str


def write(folder: Path, subject: Subject, measured: Measured, history: History | None) -> list[Path]:
    """Write the report and its pictures; return the files. Raises OSError where the folder cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures: dict[str, Drawing] = {}

    def picture(name: str, drawing: Drawing) -> str:
        pictures[name] = drawing
        return f"![{drawing.title}]({name}.svg)"

    parts = [head(subject, measured)]
    if history is not None:
        parts += history_report.sections(history, picture)
    parts += [false_alarms(subject, measured, picture), calibration(subject, measured, picture)]
    parts += [incidents(subject, measured, picture), recombined(measured), limits(subject, measured)]
    written = folder / REPORT
    written.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    files = [written]
    for name, drawing in pictures.items():
        files.append(folder / f"{name}.svg")
        drawing.write(files[-1])
    return files


Picture = Callable[[str, Drawing], str]


def head(subject: Subject, measured: Measured) -> str:
    """Return the title, the command, and what matters most in a few lines."""
    own = measured.quiet["own"]
    low, high = interval(own.alarms)
    best = {(one.factor, one.length): one for one in measured.caught}
    double, triple = best[2.0, 3], best[3.0, 3]
    right = {(one.factor, one.length): one for one in measured.precision}[3.0, 3]
    return f"""# {subject.title_fr}

Fait par `{subject.command}`, graine {subject.seed}. {number(subject.series)} séries, de {subject.first} à \
{subject.last} ; méthode {subject.method}, alpha {decimal(subject.alpha, 3).rstrip("0")}.

| en bref | |
|---|---|
| fausses alarmes là où rien ne se passe, pour {percent(100 * subject.alpha, 1)} admis | \
**{percent(own.alarms.percent, 2)}** des examens (de {decimal(low)} à {decimal(high)}) |
| fausses alertes, toutes séries ensemble | **{decimal(own.alerts_a_period)}** par {subject.unit} |
| un doublement pendant trois {subject.units} | vu dans {percent(double.alarm.percent)} des séries, alerte dans \
{percent(double.alert.percent)} |
| un triplement pendant trois {subject.units} | vu dans {percent(triple.alarm.percent)} des séries, alerte dans \
{percent(triple.alert.percent)} |
| parmi les alertes, quand une série sur cent commence chaque {subject.unit} un triplement | \
{percent(right.right.percent)} sont justes |"""


def false_alarms(subject: Subject, measured: Measured, picture: Picture) -> str:
    """Return the section on what the detector says where nothing happens."""
    alerts = f"fausses alertes par {subject.unit}"

    def row(name: str, calm: Calm) -> charts.Row:
        return charts.Row(name, calm.alarms, decimal(calm.alerts_a_period))

    own = measured.quiet["own"]
    heading = f"alertes par {subject.unit}"
    rows = [charts.Row("La série telle quelle, ses vrais incidents compris"), row("toute la période", measured.as_is)]
    rows += [charts.Row("Là où rien ne se passe : tirages")]
    rows += [row(QUIET_FR[name], measured.quiet[name]) for name in ("own", "phi 1.3", "phi 2")]
    rows += [charts.Row("Selon les événements attendus (tirages comme le modèle)")]
    rows += [charts.Row(name, own.sizes[size]) for size, name in SIZES_FR.items()]
    rows += [charts.Row("Ce qui trouble les comptes sans rien dire des quartiers")]
    rows += [row(QUIET_FR[name], measured.quiet[name]) for name in list(measured.quiet)[3:]]
    whole = Calm(subject.alpha)
    for name in ("own", "coverage", "batches"):
        for coverage, share in measured.quiet[name].coverages.items():
            whole.coverages[coverage].hits += share.hits
            whole.coverages[coverage].tests += share.tests
    rows += [charts.Row("Selon la couverture (tirages réunis)")]
    rows += [charts.Row(name, whole.coverages[coverage]) for coverage, name in COVERAGES_FR.items()]
    told, untold = measured.quiet["batches"], measured.quiet["batches untold"]
    corrected = measured.quiet["corrections"].reasons.get("no_verdict:negative_count", 0)
    return f"""## Fausses alarmes

{picture("fausses-alarmes", charts.shares(rows, subject.alpha, "Part de fausses alarmes", heading))}

Trait : intervalle à 95 %, comme si les examens étaient indépendants (ils ne le sont pas tout à fait : un compte est \
aussi dans la somme des deux {subject.units} qui suivent). Dernière colonne : {alerts}, toutes séries ensemble.

- *Envois groupés* : une part du parc de 3 séries sur 10 ne déclare rien pendant quatre {subject.units}, puis tout \
d'un coup. Fausses alarmes si la couverture le dit : {percent(told.alarms.percent, 2)} ; si elle ne le dit pas : \
{percent(untold.alarms.percent, 2)}, toutes périodes confondues ; fausses alertes par {subject.unit} : \
{decimal(told.alerts_a_period)} et {decimal(untold.alerts_a_period)}.
- *Corrections* : {number(corrected)} comptes devenus négatifs, tous sans verdict : aucun n'est une alarme.
- Sans verdict dans la série telle quelle : {reasons(measured.as_is.reasons)}."""


def calibration(subject: Subject, measured: Measured, picture: Picture) -> str:
    """Return the section on how even the chances are."""
    if not sum(int(one.sum()) for one in measured.quiet["own"].histograms.values()):
        return """## Calibration

Cette méthode donne une borne et non une loi : pas de mid-p. Sa part de fausses alarmes, ci-dessus, en tient lieu."""
    return f"""## Calibration

Le mid-p, P(Y > y) + P(Y = y) / 2, est également réparti de 0 à 1 si le modèle dit vrai. Moins d'un événement attendu \
: zéro est presque la seule valeur, aucun histogramme n'est plat.

{picture("calibration", charts.calibration(measured.quiet["own"], measured.as_is))}"""


def incidents(subject: Subject, measured: Measured, picture: Picture) -> str:
    """Return the section on incidents that were put in."""
    right = {(one.factor, one.length): one for one in measured.precision}

    def row(one: Caught) -> list[str]:
        found: Precision = right[one.factor, one.length]
        late = {delay: one.delays.get(delay, 0) for delay in range(one.length)}
        seen = Share(sum(late.values()), sum(late.values()))
        spread = " / ".join(percent(100 * n / seen.tests) if seen.tests else "–" for n in late.values())
        return [
            f"× {decimal(one.factor, 1).removesuffix(',0')}",
            str(one.length),
            percent(one.alarm.percent),
            percent(one.alert.percent),
            decimal(one.mean_delay, 1),
            spread,
            f"{percent(found.right.percent)} de {number(found.right.tests)}",
        ]

    header = [
        "taux",
        f"durée, en {subject.units}",
        "p < alpha",
        "alerte",
        "retard moyen",
        "vu dès le 1er, 2e, 3e",
        "alertes justes",
    ]
    return f"""## Incidents injectés

Dans la série telle quelle, à {measured.starts} débuts répartis sur la période, chaque série à son tour : des \
événements de plus, tirés selon ce que le modèle attend d'elle.

{picture("incidents", charts.incidents(measured.caught, subject.unit, subject.units))}

{table(header, [row(one) for one in measured.caught])}

*Retard* : en {subject.units} depuis le début, pour ce qui est vu (0 : dès le premier). *Alertes justes* : sur des \
tirages où une série sur cent commence un incident chaque {subject.unit} ; une alerte est juste pendant l'incident et \
deux {subject.units} après, où il est encore dans la somme examinée."""


def recombined(measured: Measured) -> str:
    """Return the section on the series' own events, moved."""
    one = measured.recombined
    if not one.episodes:
        return """## Décaler et recombiner

Aucune alarme dans la série : rien à déplacer."""
    share = Share(one.found, one.moved)
    return f"""## Décaler et recombiner

Les propres épisodes de la série (ce qui dépasse l'attendu là où p < alpha) sont ôtés, remis un an plus loin, et \
cherchés de nouveau : ni les comptes ordinaires ni les épisodes ne doivent rien au modèle. {one.episodes} épisodes, \
{one.moved} déplacés, {one.found} retrouvés ({percent(share.percent)}) ; {one.left} alarmes restent là où ils furent \
ôtés. Un épisode remarqué une fois l'a été en partie par chance : qu'il ne soit pas toujours retrouvé ailleurs est \
attendu."""


def limits(subject: Subject, measured: Measured) -> str:
    """Return what the figures do not say."""
    return f"""## Ce que ces chiffres ne disent pas

- Là où rien ne se passe est tiré du modèle lui-même (binomiale négative, surdispersion estimée \
{decimal(measured.phi)}, {measured.draws} tirages) : si la réalité s'en écarte, *la série telle quelle* le montre.
- La série telle quelle contient de vrais incidents : ses alarmes ne sont pas toutes fausses.
- Des panels où la vérité est connue, et la comparaison avec Farrington : `python -m benchmarks.detection`.
- Le taux de fausses découvertes (10 % au plus des alertes d'un {subject.unit}) est tenu en moyenne sur les \
{subject.units}, alerte ou non ; il ne promet pas que 9 alertes sur 10 soient justes quand les incidents sont rares. \
La colonne *alertes justes* le mesure."""
