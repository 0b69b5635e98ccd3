"""How a landlord reaches its topics: the one file it is given, `connection.toml`, and the client's options.

Nothing here needs the server's parts: the landlord's tool runs on Windows, macOS and Linux.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runtime.topics import landlord_principal

FILE_NAME = "connection.toml"
REQUIRED = ("siren", "bootstrap", "password")


class ConnectionFileError(ValueError):
    """The connection file is missing or cannot be used; the message, in French, says what to do."""


@dataclass(frozen=True)
class Connection:
    """A landlord's access; its text never shows the password.

    `ca_file`: the certificate authority of a TLS listener, None for a plain one. `gateway` is the address of the
    HTTPS gateway, where the landlord's network lets nothing else out.
    """

    siren: str
    bootstrap: str
    password: str = field(repr=False)
    name: str = ""
    ca_file: Path | None = None
    gateway: str = ""

    @classmethod
    def read(cls, path: Path) -> "Connection":
        """Return the connection of a file; a relative `ca_file` lies beside it. Raises ConnectionFileError."""
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ConnectionFileError(
                f"{path} n'existe pas : c'est le fichier de connexion que l'observatoire vous a remis. Tapez la "
                "commande dans le dossier du kit, ou nommez ce dossier par --folder."
            ) from error
        except (OSError, ValueError) as error:
            raise ConnectionFileError(f"{path} ne peut pas être lu : {error}") from error
        if missing := [name for name in REQUIRED if not isinstance(values.get(name), str) or not values[name]]:
            raise ConnectionFileError(f"{path} : il manque {', '.join(missing)}.")
        ca_file = values.get("ca_file")
        return cls(
            siren=values["siren"],
            bootstrap=values["bootstrap"],
            password=values["password"],
            name=str(values.get("name", "")),
            ca_file=path.parent / ca_file if ca_file else None,
            gateway=str(values.get("gateway", "")),
        )

    @property
    def user(self) -> str:
        """The landlord's Kafka user."""
        return landlord_principal(self.siren)

    def client_options(self) -> dict[str, Any]:
        """Return kafka-python's connection options."""
        tls: dict[str, Any] = {"ssl_cafile": str(self.ca_file)} if self.ca_file else {}
        return {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": "SASL_SSL" if self.ca_file else "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-256",
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password,
            "client_id": f"quartiers-{self.user}",
            **tls,
        }
