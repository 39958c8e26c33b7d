"""`hello events dead`: the events that a consumer could not handle, and handing them to it again."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import orjson
import typer
from rich.console import Console
from rich.table import Table

from hello.core.clock import rfc3339
from hello.entities.dead_events import DeadEvent
from hello.interface.cli_commands import Commands
from hello.interface.cli_people import HERE, DataDir
from hello.services.dead_events import DeadEventService, Redriven

Answer = TypeVar("Answer")
Ids = Annotated[list[int] | None, typer.Argument(help="Which, by the ids of `list`.")]
All = Annotated[bool, typer.Option("--all", help="All that are dead now.")]
Most = Annotated[int, typer.Option(help="How many at most.", min=1, max=10_000)]


def add_events(cli: typer.Typer, commands: Commands) -> None:
    events, dead = typer.Typer(no_args_is_help=True), typer.Typer(no_args_is_help=True)
    cli.add_typer(events, name="events", help="Look after events.")
    events.add_typer(dead, name="dead", help="Events that a consumer could not handle.")
    add_looking(dead, commands)
    add_redriving(dead, commands)


def add_looking(dead: typer.Typer, commands: Commands) -> None:
    @dead.command("list")
    def list_(limit: Most = 100, data_dir: DataDir = HERE) -> None:
        """List them, the oldest first."""
        show_all(asked(commands, data_dir, lambda service: service.list(limit)))

    @dead.command()
    def show(dead_id: int, data_dir: DataDir = HERE) -> None:
        """Print all that is known of one, as JSON."""
        found = asked(commands, data_dir, lambda service: service.show(dead_id))
        typer.echo(orjson.dumps(public(found), option=orjson.OPT_INDENT_2).decode())


def add_redriving(dead: typer.Typer, commands: Commands) -> None:
    @dead.command()
    def redrive(ids: Ids = None, every: All = False, data_dir: DataDir = HERE) -> None:
        """Hand them to their consumers again; leave with 1 when one has failed again."""
        if bool(ids) == every:
            raise typer.BadParameter("say which: ids, or --all")
        tell(asked(commands, data_dir, lambda service: redriven(service, ids or ())))


def asked(commands: Commands, data_dir: Path, ask: Callable[[DeadEventService], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        async with commands.dead_events(settings) as service:
            return await ask(service)

    with commands.settings_near(data_dir) as settings:
        return asyncio.run(run())


async def redriven(service: DeadEventService, ids: Collection[int]) -> Redriven:
    """Redrive these, up to the first that fails again, or all when none are given, whatever fails."""
    if not ids:
        return await service.redrive_all()
    for dead_id in ids:
        await service.redrive(dead_id)
    return Redriven(len(ids))


def show_all(found: Sequence[DeadEvent]) -> None:
    table = Table("id", "consumer", "type", "subject", "died at", "reason")
    for dead in found:
        table.add_row(
            str(dead.id), dead.consumer, dead.type, dead.subject, rfc3339(dead.died_at), dead.reason
        )
    Console().print(table if found else "No event is dead.")


def public(dead: DeadEvent) -> dict[str, object]:
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


def tell(redriven: Redriven) -> None:
    for dead_id, reason in redriven.failed.items():
        typer.echo(f"{dead_id}: {reason}")
    typer.echo(f"{redriven.done} handled, {len(redriven.failed)} still dead.")
    if redriven.failed:
        raise typer.Exit(1)
