"""`hello search`: build the search index again, and compare it with the items."""

from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from hello.entrypoints.cli.common import HERE, DataDir, progress_bar, run_near
from hello.services.item_indexing import Comparison, ItemIndexing

SHOWN = 20
Result = TypeVar("Result")


def add_to(cli: typer.Typer) -> None:
    search = typer.Typer(no_args_is_help=True)
    cli.add_typer(search, name="search", help="Build and check the index that search uses.")
    search.command()(reindex)
    search.command()(verify)


def reindex(data_dir: DataDir = HERE) -> None:
    """Build the index from all items. Search goes on with the old index until the new one is complete."""
    typer.echo(f"{with_indexing(data_dir, build)} items indexed.")


def verify(
    repair: Annotated[bool, typer.Option("--repair", help="Write what differs.")] = False,
    data_dir: DataDir = HERE,
) -> None:
    """Compare the index with the items. An item that changes meanwhile may count as different.

    Exits with status 1 if they differ and are not repaired.
    """
    comparison, different = with_indexing(data_dir, lambda indexing: compare(indexing, repair=repair))
    show(comparison)
    if repair and different:
        typer.echo(f"{len(different)} could not be repaired: run `hello search reindex`.")
    if different:
        raise typer.Exit(1)


def with_indexing(data_dir: Path, work: Callable[[ItemIndexing], Awaitable[Result]]) -> Result:
    from hello.bootstrap.search import open_indexing  # noqa: PLC0415  # slow to import

    return run_near(data_dir, open_indexing, work)


async def build(indexing: ItemIndexing) -> int:
    with progress_bar(await indexing.count(), "items") as advance:
        return await indexing.rebuild(advance)


async def compare(indexing: ItemIndexing, *, repair: bool) -> tuple[Comparison, Collection[UUID]]:
    """Return what differs, and the ids that still do at the end."""
    total = await indexing.count()
    with progress_bar(total, "items") as advance:
        comparison = await indexing.compare(advance)
    if not repair:
        return comparison, comparison.ids
    with progress_bar(total, "items") as advance:
        return comparison, await indexing.repair(comparison, advance)


def show(comparison: Comparison) -> None:
    if comparison.is_equal:
        typer.echo("The index and the items agree.")
    for ids, what in (
        (comparison.missing, "missing from the index"),
        (comparison.outdated, "in the index in another version"),
        (comparison.extra, "in the index although the item is gone"),
    ):
        if ids:
            typer.echo(f"{len(ids)} {what}: {listed(ids)}")


def listed(ids: list[UUID]) -> str:
    return ", ".join(map(str, ids[:SHOWN])) + (" …" if len(ids) > SHOWN else "")
