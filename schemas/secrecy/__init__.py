"""The rules of statistical secrecy: one file, its defaults those of the law, and what is weaker said in full.

Invariant: rules that are loaded are at least as strict as the law's, or carry the words of who agreed to less.
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

DEFAULT = Path(__file__).with_name("rules.toml")
INSTANCE_FILE = "secrecy.toml"
"""In an instance's folder: rules of its own, if there are any."""
LEGAL_THRESHOLD, LEGAL_STAFF_THRESHOLD, LEGAL_SHARE, LEGAL_DWELLINGS = 11, 5, 0.85, 50
WORDS = "J'ai l'accord écrit du DPO du "
_LEAST_WIDTH, _WIDTH_SHARE = 3, 0.3


class RulesError(ValueError):
    """The rules file cannot be used; the message, in French, says why and what to do."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Publication(_Section):
    """What partners and the public are shown."""

    seuil: Annotated[int, Field(ge=1)] = LEGAL_THRESHOLD
    largeur_protegee: Annotated[int, Field(ge=1)] = 4
    marge_d_entree: Annotated[float, Field(ge=1, le=3)] = 1.2
    mode: Literal["suppression", "arrondi"] = "suppression"
    base_d_arrondi: Annotated[int, Field(ge=1)] = 5
    jour: Annotated[int, Field(ge=1, le=28)] = 15
    delai_mois: Annotated[int, Field(ge=1, le=12)] = 2
    premier_mois: Annotated[str, Field(pattern=r"^(auto|\d{4}-(0[1-9]|1[0-2]))$")] = "auto"


class Staff(_Section):
    """What the observatory's staff is shown, under convention."""

    seuil: Annotated[int, Field(ge=1)] = LEGAL_STAFF_THRESHOLD
    largeur_protegee: Annotated[int, Field(ge=1)] = 3


class Dominance(_Section):
    """When one landlord makes a count."""

    part_maximale: Annotated[float, Field(gt=0, le=1)] = LEGAL_SHARE
    bailleurs_consentants: tuple[Annotated[str, Field(pattern=r"^\d{9}$")], ...] = ()
    seul_reconnaissable: bool = False

    def consents(self, landlord: str) -> bool:
        """Return whether a landlord agreed to be recognised where it is alone."""
        return self.seul_reconnaissable or landlord in self.bailleurs_consentants


class Population(_Section):
    """Where too few dwellings are."""

    logements_minimum: Annotated[int, Field(ge=0)] = LEGAL_DWELLINGS


class Rules(_Section):
    """The whole file. Raises ValueError if it is weaker than the law without saying so."""

    publication: Publication = Publication()
    observatoire: Staff = Staff()
    dominance: Dominance = Dominance()
    population: Population = Population()
    plus_faible_que_la_loi: str | None = None

    @model_validator(mode="after")
    def _not_weaker(self) -> "Rules":
        weaker = self.weaker_than_law()
        words = self.plus_faible_que_la_loi or ""
        if weaker and not (words.startswith(WORDS) and len(words) > len(WORDS)):
            raise ValueError(
                f"ces règles sont plus faibles que la loi ({' ; '.join(weaker)}). Rétablissez-les, ou écrivez en tête "
                f'du fichier : plus_faible_que_la_loi = "{WORDS}…"'
            )
        return self

    def weaker_than_law(self) -> list[str]:
        """Return what is weaker than the law's default, in French."""
        shown, staff = self.publication, self.observatoire
        base = shown.mode == "arrondi" and shown.base_d_arrondi < 5
        found = [
            (shown.seuil < LEGAL_THRESHOLD, f"publication.seuil = {shown.seuil}, au moins {LEGAL_THRESHOLD}"),
            (
                shown.largeur_protegee < least_width(shown.seuil),
                f"publication.largeur_protegee = {shown.largeur_protegee}, au moins {least_width(shown.seuil)}",
            ),
            (base, f"publication.base_d_arrondi = {shown.base_d_arrondi}, au moins 5"),
            (
                staff.seuil < LEGAL_STAFF_THRESHOLD,
                f"observatoire.seuil = {staff.seuil}, au moins {LEGAL_STAFF_THRESHOLD}",
            ),
            (
                staff.largeur_protegee < least_width(staff.seuil),
                f"observatoire.largeur_protegee = {staff.largeur_protegee}, au moins {least_width(staff.seuil)}",
            ),
            (
                self.dominance.part_maximale > LEGAL_SHARE,
                f"dominance.part_maximale = {self.dominance.part_maximale}, au plus {LEGAL_SHARE}",
            ),
            (
                self.population.logements_minimum < LEGAL_DWELLINGS,
                f"population.logements_minimum = {self.population.logements_minimum}, au moins {LEGAL_DWELLINGS}",
            ),
        ]
        return [told for weaker, told in found if weaker]


def least_width(threshold: int) -> int:
    """Return the least width of the interval of a hidden count: 30 % of the threshold, at least 3."""
    return max(_LEAST_WIDTH, -int(-_WIDTH_SHARE * threshold // 1))


def rules_in_force(instance_dir: Path) -> Rules:
    """Return the rules of the file that QUARTIERS_SECRECY_RULES names, else of the instance's, else the project's.

    Raises RulesError.
    """
    own = instance_dir / INSTANCE_FILE
    return load_rules(Path(os.environ.get("QUARTIERS_SECRECY_RULES", own if own.exists() else DEFAULT)))


def load_rules(path: Path = DEFAULT) -> Rules:
    """Return the rules of a file. Raises RulesError."""
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return Rules.model_validate(content)
    except OSError as error:
        raise RulesError(f"{path} ne peut pas être lu ({error.strerror}).") from error
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"{path} n'est pas du TOML : {error}.") from error
    except ValidationError as error:
        told = []
        for one in error.errors():
            where = ".".join(str(part) for part in one["loc"])
            told.append(f"{where} : {one['msg']}" if where else one["msg"].removeprefix("Value error, "))
        raise RulesError(f"{path} est refusé : {' ; '.join(told)}.") from error
