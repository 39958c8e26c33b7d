"""`hello import` and `hello export`: people in bulk."""

from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import orjson
import typer

from hello.entrypoints.cli.common import HERE, DataDir, progress_bar, with_use_cases
from hello.interface.people_files import read_people
from hello.interface.people_formats import Kind
from hello.services.imports import ImportReport, ImportService

CHUNK = 1 << 18
STANDARD_INPUT = "<stdin>"
SUFFIXES = {".csv": Kind.CSV, ".tsv": Kind.CSV, ".ndjson": Kind.NDJSON, ".jsonl": Kind.NDJSON}


class Format(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"

    @property
    def kind(self) -> Kind:
        return Kind[self.name]


FormatOption = Annotated[
    Format | None,
    typer.Option("--format", help="The file's format; the suffix decides by default."),
]


def add_to(cli: typer.Typer) -> None:
    cli.command("import")(import_)
    cli.command()(export)


def import_(file: typer.FileBinaryRead, format_: FormatOption = None, data_dir: DataDir = HERE) -> None:
    """Save people from a file, `.csv` or `.ndjson`, or from `-`, NDJSON unless `--format` says otherwise.

    Exits with status 1 if any line is rejected, or if there are none.
    """
    report, kind = ImportReport(), format_.kind if format_ else kind_of(file.name)
    with_use_cases(data_dir, lambda use_cases: load(use_cases.imports, file, kind, report))
    show(report)


def export(file: typer.FileBinaryWrite, data_dir: DataDir = HERE) -> None:
    """Write all people to a file, or to `-`, as NDJSON."""
    with_use_cases(data_dir, lambda use_cases: save(use_cases.imports, file))


def kind_of(name: str) -> Kind:
    if name == STANDARD_INPUT:
        return Kind.NDJSON
    try:
        return SUFFIXES[Path(name).suffix.lower()]
    except KeyError:
        raise typer.BadParameter(f"unknown format of {name}: use --format csv or --format ndjson") from None


async def load(imports: ImportService, file: BinaryIO, kind: Kind, report: ImportReport) -> None:
    with progress_bar(size_of(file), "bytes") as advance:
        result = await imports.run(read_people(chunks(file, advance), kind))
    report.accepted, report.rejected, report.errors = result.accepted, result.rejected, result.errors


async def save(imports: ImportService, file: BinaryIO) -> None:
    async for person in imports.export():
        file.write(orjson.dumps({"username": person.username, "dateOfBirth": person.date_of_birth}) + b"\n")


def show(report: ImportReport) -> None:
    for error in report.errors:
        typer.echo(f"line {error.line}: {error.message}")
    typer.echo(f"{report.accepted} saved, {report.rejected} rejected.")
    if not report.accepted:
        typer.echo("Nothing was saved: check the file and its format (--format).", err=True)
    if report.rejected or not report.accepted:
        raise typer.Exit(1)


async def chunks(file: BinaryIO, advance: Callable[[int], None]) -> AsyncIterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
        advance(len(chunk))


def size_of(file: BinaryIO) -> int | None:
    """Return None for a file without a size, such as a pipe."""
    path = Path(file.name)
    return path.stat().st_size if path.is_file() else None
