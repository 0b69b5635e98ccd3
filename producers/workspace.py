"""A landlord's folder: its connection, mapping, key and state, each in one file. The key never leaves it."""

from dataclasses import dataclass
from pathlib import Path

from runtime.connection import FILE_NAME as CONNECTION_FILE


@dataclass(frozen=True)
class Workspace:
    """The folder in which the landlord's commands work (`--folder`; default: the current one)."""

    folder: Path

    @property
    def connection(self) -> Path:
        """What the observatory gave: addresses, user, password."""
        return self.folder / CONNECTION_FILE

    @property
    def mapping(self) -> Path:
        """How this landlord's extracts are read."""
        return self.folder / "mapping.toml"

    @property
    def keys(self) -> Path:
        """The pseudonym keys, of mode 600."""
        return self.folder / "keys.json"

    @property
    def state(self) -> Path:
        """What was sent last, under pseudonyms."""
        return self.folder / "state.sqlite"

    @property
    def perimeters(self) -> Path:
        """The official perimeters that were imported."""
        return self.folder / "perimeters"

    @property
    def geocoding(self) -> Path:
        """The address service the landlord chose; without this file, addresses are not used."""
        return self.folder / "geocoding.toml"
