"""`hello events dead`: the events that a consumer could not handle, and handing them to it again."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from hello.core.clock import rfc3339
from hello.entities.dead_events import DeadEvent
from hello.interface.cli_commands import Commands
from hello.interface.cli_people import HERE, DataDir
from hello.interface.cli_running import run_near
from hello.services.dead_events import DeadEventService, Redriven

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
        show_all(run_near(commands, data_dir, commands.dead_events, lambda service: service.list(limit)))

    @dead.command()
    def show(dead_id: int, data_dir: DataDir = HERE) -> None:
        """Print all that is known of one, as JSON."""
        found = run_near(commands, data_dir, commands.dead_events, lambda service: service.show(dead_id))
        typer.echo(orjson.dumps(public(found), option=orjson.OPT_INDENT_2).decode())


def add_redriving(dead: typer.Typer, commands: Commands) -> None:
    @dead.command()
    def redrive(ids: Ids = None, every: All = False, data_dir: DataDir = HERE) -> None:
        """Hand them to their consumers again; leave with 1 when one has failed again."""
        if bool(ids) == every:
            raise typer.BadParameter("say which: ids, or --all")
        work = partial(redriven, ids=ids or ())
        tell(run_near(commands, data_dir, commands.dead_events, work))


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
