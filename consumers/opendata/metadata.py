"""What machines are told of a vintage: Table Schema, Data Package, DCAT-AP.

Sources: Table Schema and Data Package of Frictionless Data (version 1), the additions of schema.data.gouv.fr, DCAT-AP 3
with the European authority tables. Invariant: nothing here depends on the day of the export, only on the vintage.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from consumers.opendata.publication import Territory, Vintage
from consumers.opendata.tables import TABLES, Column, Table
from consumers.opendata.writing import Written

VERSION = "1.0.0"
"""Of the tables' schemas: a column that is added is a minor version, one that changes or goes a major one."""
NAME = "mobilite-parc-social-qpv-occitanie"
TITLE = "Mobilité dans le parc social des quartiers prioritaires d'Occitanie"
DESCRIPTION = (
    "Départs et arrivées dans les logements sociaux, par quartier prioritaire de la politique de la ville, commune, "
    "intercommunalité, département et région : comptes, taux avec numérateur, dénominateur et intervalle, sur des "
    "fenêtres de 1, 3 et 12 mois déclarés. Locataires du parc social seulement. Les chiffres qui pourraient révéler la "
    "situation d'un ménage sont secrets, et le sont de façon qu'aucune différence ne les rende."
)
PUBLISHER = "Observatoire Data & Quartiers Occitanie"
KEYWORDS = (
    *("quartiers prioritaires", "politique de la ville", "QPV", "logement social", "mobilité résidentielle"),
    *("parcours résidentiels", "Occitanie"),
)
LICENCE = {
    "name": "etalab-2.0",
    "title": "Licence Ouverte 2.0",
    "path": "https://www.etalab.gouv.fr/wp-content/uploads/2017/04/ETALAB-Licence-Ouverte-v2.0.pdf",
}
LICENCE_URI = "https://spdx.org/licenses/etalab-2.0"
SOURCE = "Mouvements, stocks et déclarations envoyés par les bailleurs sociaux participants"
MEDIA_TYPES = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "md": "text/markdown",
}
_AUTHORITY = "http://publications.europa.eu/resource/authority"
_INSEE = "http://id.insee.fr/geo"
_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


@dataclass
class Extent:
    """What a vintage covers: the months of its windows, and the territories that have figures."""

    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        """Start without a territory."""
        self.territories: list[Territory] = []

    def add(self, month: date, months: int) -> None:
        """Take in a window of months that ends with `month`."""
        start = _months_before(month, months - 1)
        self.first = min(self.first or start, start)
        self.last = max(self.last or month, month)


def _months_before(month: date, months: int) -> date:
    year, number = divmod(month.year * 12 + month.month - 1 - months, 12)
    return date(year, number + 1, 1)


def schema_name(table: Table) -> str:
    """Return the name of the file with a table's schema."""
    return f"schema-{table.name}.json"


def table_schema(table: Table, vintage: Vintage) -> dict[str, Any]:
    """Return a table's schema, as schema.data.gouv.fr wants it."""
    return {
        "$schema": "https://frictionlessdata.io/schemas/table-schema.json",
        "name": f"{NAME}-{table.name}",
        "title": f"{TITLE} : {table.title.lower()}",
        "description": table.description,
        "countryCode": "FR",
        "homepage": "",
        "path": schema_name(table),
        "version": VERSION,
        "created": f"{vintage.month:%Y-%m-%d}",
        "lastModified": f"{vintage.month:%Y-%m-%d}",
        "contributors": [{"title": PUBLISHER, "role": "author"}],
        "licenses": [LICENCE],
        "sources": [{"title": SOURCE}],
        "resources": [{"title": f"Millésime {vintage.month:%Y-%m}", "path": f"{table.name}.csv"}],
        "fields": [_field(column) for column in table.columns],
        "primaryKey": list(table.key),
        "missingValues": [""],
    }


def _field(column: Column) -> dict[str, Any]:
    codes = "".join(f" {code} : {meaning}." for code, meaning in column.codes.items())
    told = {
        "name": column.name,
        "title": column.title,
        "description": column.description + codes.replace("..", "."),
        "type": column.kind,
        "example": str(column.example),
        "constraints": column.constraints,
    }
    return told | ({"format": "%Y-%m-%d"} if column.kind == "date" else {})


def data_package(vintage: Vintage, written: dict[str, Written]) -> dict[str, Any]:
    """Return the descriptor of the folder. Parquet is a file beside the table, which Frictionless reads from CSV."""
    resources = []
    for table in TABLES:
        csv, parquet = written[f"{table.name}.csv"], written[f"{table.name}.parquet"]
        resources += [
            {
                "name": table.name,
                "type": "table",
                "title": table.title,
                "description": table.description,
                "path": csv.name,
                "scheme": "file",
                "format": "csv",
                "mediatype": MEDIA_TYPES["csv"],
                "encoding": "utf-8",
                "dialect": {"csv": {"delimiter": ",", "lineTerminator": "\n"}},
                "schema": schema_name(table),
                "bytes": csv.size,
                "hash": f"sha256:{csv.sha256}",
            },
            {
                "name": f"{table.name}-parquet",
                "type": "file",
                "title": f"{table.title} (Parquet)",
                "path": parquet.name,
                "scheme": "file",
                "format": "parquet",
                "mediatype": MEDIA_TYPES["parquet"],
                "bytes": parquet.size,
                "hash": f"sha256:{parquet.sha256}",
            },
        ]
    return {
        "profile": "data-package",
        "name": NAME,
        "title": TITLE,
        "description": DESCRIPTION,
        "version": f"{vintage.month:%Y-%m}",
        "created": vintage.frozen_at.isoformat(),
        "homepage": "",
        "keywords": list(KEYWORDS),
        "licenses": [LICENCE],
        "contributors": [{"title": PUBLISHER, "role": "publisher"}],
        "sources": [{"title": SOURCE}],
        "resources": resources,
    }


def dcat(vintage: Vintage, extent: Extent, written: dict[str, Written]) -> dict[str, Any]:
    """Return the vintage as a DCAT-AP dataset in JSON-LD; addresses are relative to where the file lies."""
    dataset = {
        "@id": f"urn:data-quartiers-occitanie:millesime:{vintage.month:%Y-%m}",
        "@type": "dcat:Dataset",
        "dct:identifier": f"{NAME}-{vintage.month:%Y-%m}",
        "dct:title": _french(f"{TITLE}, millésime {vintage.month:%Y-%m}"),
        "dct:description": _french(DESCRIPTION),
        "dct:publisher": {"@type": "foaf:Organization", "foaf:name": _french(PUBLISHER)},
        "dct:language": {"@id": f"{_AUTHORITY}/language/FRA"},
        "dct:accrualPeriodicity": {"@id": f"{_AUTHORITY}/frequency/MONTHLY"},
        "dct:accessRights": {"@id": f"{_AUTHORITY}/access-right/PUBLIC"},
        "dcat:theme": {"@id": f"{_AUTHORITY}/data-theme/SOCI"},
        "dcat:keyword": [_french(keyword) for keyword in KEYWORDS],
        "dcat:version": f"{vintage.month:%Y-%m}",
        "dct:issued": {"@type": "xsd:dateTime", "@value": vintage.frozen_at.isoformat()},
        "dct:conformsTo": [{"@id": schema_name(table)} for table in TABLES],
        "dct:spatial": list(_places(extent.territories)),
        "dct:temporal": _period(extent),
        "dcat:distribution": [
            _distribution(written[f"{table.name}.{form}"], table, vintage)
            for table in TABLES
            for form in ("csv", "parquet")
        ],
    }
    return {"@context": _CONTEXT, **{name: value for name, value in dataset.items() if value not in (None, [])}}


def _distribution(file: Written, table: Table, vintage: Vintage) -> dict[str, Any]:
    form = file.name.rpartition(".")[2]
    return {
        "@id": file.name,
        "@type": "dcat:Distribution",
        "dct:title": _french(f"{table.title} ({form})"),
        "dct:description": _french(table.description),
        "dct:license": {"@id": LICENCE_URI},
        "dct:format": {"@id": f"{_AUTHORITY}/file-type/{form.upper()}"},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{MEDIA_TYPES[form]}"},
        "dcat:accessURL": {"@id": file.name},
        "dcat:downloadURL": {"@id": file.name},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(file.size)},
        "dct:issued": {"@type": "xsd:dateTime", "@value": vintage.frozen_at.isoformat()},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": file.sha256},
        },
    }


def _french(text: str) -> dict[str, str]:
    return {"@language": "fr", "@value": text}


def _places(territories: Iterable[Territory]) -> Iterable[dict[str, Any]]:
    """Yield the région and départements that have figures, by INSEE's identifiers."""
    for one in territories:
        if one.level in ("region", "departement"):
            yield {"@id": f"{_INSEE}/{one.level}/{one.code}", "@type": "dct:Location", "dct:identifier": one.code}


def _period(extent: Extent) -> dict[str, Any] | None:
    if extent.first is None or extent.last is None:
        return None
    end = _months_before(extent.last, -1) - timedelta(days=1)
    return {
        "@type": "dct:PeriodOfTime",
        "dcat:startDate": {"@type": "xsd:date", "@value": extent.first.isoformat()},
        "dcat:endDate": {"@type": "xsd:date", "@value": end.isoformat()},
    }
