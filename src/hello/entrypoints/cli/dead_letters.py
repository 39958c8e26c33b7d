"""`hello dead-letters`: inspect and redrive events that a consumer could not handle."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import orjson
import typer
from rich.console import Console
from rich.table import Table

from hello.core.clock import rfc3339
from hello.entities.dead_letters import DeadLetter
from hello.entrypoints.cli.common import HERE, DataDir, run_near
from hello.services.dead_letters import DeadLetterService, Redriven

Result = TypeVar("Result")
Ids = Annotated[list[int] | None, typer.Argument(help="Ids, as shown by `list`.")]
All = Annotated[bool, typer.Option("--all", help="All dead letters.")]
Limit = Annotated[int, typer.Option(help="Maximum number.", min=1, max=10_000)]


def add_to(cli: typer.Typer) -> None:
    dead_letters = typer.Typer(no_args_is_help=True)
    cli.add_typer(
        dead_letters, name="dead-letters", help="Inspect and redrive events that a consumer could not handle."
    )
    dead_letters.command("list")(list_)
    dead_letters.command()(show)
    dead_letters.command()(redrive)


def list_(limit: Limit = 100, data_dir: DataDir = HERE) -> None:
    """List dead letters, oldest first."""
    show_all(with_dead_letters(data_dir, lambda service: service.list(limit)))


def show(dead_id: int, data_dir: DataDir = HERE) -> None:
    """Print everything about one dead letter, as JSON."""
    dead = with_dead_letters(data_dir, lambda service: service.show(dead_id))
    typer.echo(orjson.dumps(public(dead), option=orjson.OPT_INDENT_2).decode())


def redrive(ids: Ids = None, every: All = False, data_dir: DataDir = HERE) -> None:
    """Redrive dead letters; exit with status 1 if any fails again."""
    if bool(ids) == every:
        raise typer.BadParameter("give ids, or --all")
    report(with_dead_letters(data_dir, partial(redriven, ids=ids or ())))


def with_dead_letters(data_dir: Path, work: Callable[[DeadLetterService], Awaitable[Result]]) -> Result:
    from hello.bootstrap.connectors import open_dead_letters  # noqa: PLC0415  # slow to import

    return run_near(data_dir, open_dead_letters, work)


async def redriven(service: DeadLetterService, ids: Collection[int]) -> Redriven:
    """Redrive these up to the first that fails again; without ids redrive all, regardless of failures."""
    if not ids:
        return await service.redrive_all()
    for dead_id in ids:
        await service.redrive(dead_id)
    return Redriven(len(ids))


def show_all(dead_letters: Sequence[DeadLetter]) -> None:
    table = Table("id", "consumer", "type", "subject", "died at", "reason")
    for dead in dead_letters:
        table.add_row(
            str(dead.id), dead.consumer, dead.type, dead.subject, rfc3339(dead.died_at), dead.reason
        )
    Console(markup=False, emoji=False).print(table if dead_letters else "There are no dead letters.")


def public(dead: DeadLetter) -> dict[str, object]:
    return {
        "id": dead.id,
        "consumer": dead.consumer,
        "reason": dead.reason,
        "died_at": rfc3339(dead.died_at),
        "event": {
            "id": dead.event_id,
            "type": dead.type,
            "subject": dead.subject,
            "time": rfc3339(dead.time),
            "traceparent": dead.traceparent,
            "data": dead.data,
        },
    }


def report(redriven: Redriven) -> None:
    for dead_id, reason in redriven.failed.items():
        typer.echo(f"{dead_id}: {reason}")
    typer.echo(f"{redriven.done} handled, {len(redriven.failed)} failed again.")
    if redriven.failed:
        raise typer.Exit(1)
