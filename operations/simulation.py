"""The synthetic region as files: its messages, its truth beside them, and a landlord's exports with their flaws."""

import csv
import dataclasses
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import typer
from rich.progress import track

from operations.demo.proof import wire_hash
from producers.region import Region, TruthMove, extract_flaws, extracts
from producers.region.draws import day_of, first_day, month_number


def write_messages(region: Region, folder: Path) -> None:
    """Write every message, in order, one a line."""
    with (folder / "messages.jsonl").open("w", encoding="utf-8") as handle:
        for one in track(region.publications(), description="Messages", transient=True):
            document = {
                "landlord": one.landlord,
                "published_at": one.published_at.isoformat(),
                "batch": one.batch,
                "events": one.events,
                "payload": one.payload.decode("utf-8", "backslashreplace"),
            }
            handle.write(json.dumps(document, ensure_ascii=False) + "\n")


def write_truth(region: Region, folder: Path) -> None:
    """Write the winning state of every move, and the landlords, incidents and counts."""
    truth = region.truth(wire_hash)
    fields = [one.name for one in dataclasses.fields(TruthMove)]
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["landlord", "move_id", *fields])
        for (landlord, move_id), move in truth.moves.items():
            writer.writerow([landlord, move_id, *(getattr(move, name) for name in fields)])
    document = {
        "events": truth.events,
        "duplicates": truth.duplicates,
        "malformed": dict(truth.malformed),
        "landlords": [vars(one) for one in region.landlords],
        "incidents": [vars(one) for one in region.incidents],
    }
    (folder / "truth.json").write_text(
        json.dumps(document, default=str, ensure_ascii=False, indent=1), encoding="utf-8"
    )


def write_extracts(region: Region, folder: Path, siren: str, end: date, months: int, seed: int) -> Iterator[Path]:
    """Write a landlord's monthly exports of movements before `end`, and its stock on the first of the next month.

    Of the last month there is also the export that the landlord would send once it has mended its entries.
    """
    number = extracts.landlord_numbered(region, siren) if siren else extracts.landlord_with_qpvs(region)
    if number is None:
        raise typer.BadParameter(f"aucun bailleur de la région n'a le SIREN {siren}", param_hint="--landlord")
    typer.echo(f"Exports de : {region.landlords[number].name}, SIREN {region.landlords[number].siren}")
    last = month_number(end)
    for month in range(last - months, last):
        first, following = day_of(first_day(month)), day_of(first_day(month + 1))
        clean = extracts.movements(region, number, first, seed)
        stem = f"mouvements-{first:%Y-%m}"
        yield _write_export(folder / f"{stem}.csv", extract_flaws.spoil_movements(clean, seed, stem))
        if month == last - 1:
            yield _write_export(folder / f"{stem}-corrige.csv", clean)
        stock = extracts.stock(region, number, following, seed)
        stem = f"parc-{following:%Y-%m-%d}"
        yield _write_export(folder / f"{stem}.csv", extract_flaws.spoil_stock(stock, seed, stem))


def _write_export(path: Path, export: extracts.Export) -> Path:
    """Write a table as software under Windows does."""
    with path.open("w", encoding="cp1252", newline="") as handle:
        csv.writer(handle, delimiter=";", lineterminator="\r\n").writerows([export.header, *export.rows])
    return path
