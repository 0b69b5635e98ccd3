"""Who is told what, when and how: the file `destinataires.toml`.

Invariant: a file that names an unknown key, or a recipient without exactly one address, is refused whole.
"""

import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from consumers.errors import ConsumerError
from schemas.alerts import AlertStep

FILE = "destinataires.toml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Smtp(_Strict):
    """The mail server. The password is in the environment: QUARTIERS_SMTP_PASSWORD."""

    host: Annotated[str, Field(alias="serveur", min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    security: Annotated[Literal["aucun", "starttls", "tls"], Field(alias="chiffrement")] = "starttls"
    user: Annotated[str, Field(alias="compte")] = ""
    sender: Annotated[str, Field(alias="expediteur", pattern=r"^[^@\s]+@[^@\s]+$")]


class Recipient(_Strict):
    """One recipient. `places`: codes of quartiers, communes or départements; none: everywhere."""

    name: Annotated[str, Field(alias="nom", min_length=1)]
    role: Literal["observatoire", "partenaire"] = "partenaire"
    mail: Annotated[str | None, Field(alias="courriel", pattern=r"^[^@\s]+@[^@\s]+$")] = None
    webhook: Annotated[str | None, Field(pattern=r"^https?://")] = None
    grafana: Annotated[str | None, Field(pattern=r"^https?://")] = None
    secret: Annotated[str, Field(alias="secret", description="Variable d'environnement de la clé ou du jeton")] = ""
    places: Annotated[frozenset[str], Field(alias="territoires")] = frozenset()
    level: Annotated[Literal["alerte", "a_surveiller"], Field(alias="niveau")] = "alerte"
    rhythm: Annotated[Literal["immediat", "quotidien", "hebdomadaire"], Field(alias="rythme")] = "immediat"
    weekly: Annotated[bool, Field(alias="lettre_hebdomadaire")] = False
    quiet: Annotated[tuple[time, time] | None, Field(alias="heures_calmes")] = None

    @model_validator(mode="after")
    def _one_address(self) -> "Recipient":
        addresses = [one for one in (self.mail, self.webhook, self.grafana) if one]
        if len(addresses) != 1:
            raise ValueError("il faut une adresse, et une seule : courriel, webhook ou grafana")
        if (self.webhook or self.grafana) and not self.secret:
            raise ValueError("il faut `secret` : le nom de la variable d'environnement de la clé ou du jeton")
        if self.weekly and (self.role != "observatoire" or not self.mail):
            raise ValueError("`lettre_hebdomadaire` est pour un destinataire de rôle observatoire, par courriel")
        return self

    def wants(self, step: AlertStep) -> bool:
        """Return whether a step concerns this recipient: partners are told of quartiers, never of a landlord."""
        if step.level == "watch" and self.level == "alerte":
            return False
        if step.landlord is not None:
            return self.role == "observatoire"
        return not self.places or bool(self.places & {step.code, step.departement, *step.communes})


class Addressees(_Strict):
    """The whole file."""

    smtp: Smtp | None = None
    recipients: Annotated[tuple[Recipient, ...], Field(alias="destinataire", min_length=1)]

    @model_validator(mode="after")
    def _told_apart(self) -> "Addressees":
        names = [one.name for one in self.recipients]
        if len(set(names)) != len(names):
            raise ValueError("deux destinataires ont le même nom")
        if self.smtp is None and any(one.mail for one in self.recipients):
            raise ValueError("il faut une partie [smtp] pour envoyer des courriels")
        return self


def read_addressees(path: Path) -> Addressees:
    """Read the file. Raises ConsumerError, in French, with the place and the reason."""
    try:
        return Addressees.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ConsumerError(f"{path} n'existe pas : écrivez-y qui prévenir (voir docs/alertes.md).") from error
    except tomllib.TOMLDecodeError as error:
        raise ConsumerError(f"{path} ne se lit pas comme du TOML : {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "fichier"
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise ConsumerError(f"{path}, {where} : {reason}") from error
