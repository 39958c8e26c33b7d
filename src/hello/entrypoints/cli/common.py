"""Options and helpers that commands share."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from hello.core.settings import SERVICE_LINK, SERVICE_LINK_ADVICE, Settings
from hello.core.shutdown import ShutdownSignal
from hello.entrypoints.databases import settings_near
from hello.services.use_cases import UseCases

MAX_PORT = 65535
HERE = Path(".data")
DataDir = Annotated[
    Path, typer.Option(help="Use the database of `hello run` in this directory.", envvar="DATA_DIR")
]
Opened = TypeVar("Opened")
Result = TypeVar("Result")


def port_number(text: str | int) -> int:
    """Raise `BadParameter`; explain the link that Kubernetes sets for a Service of the variable's name."""
    if str(text).startswith(SERVICE_LINK):
        raise typer.BadParameter(SERVICE_LINK_ADVICE)
    if not (str(text).isdecimal() and int(text) <= MAX_PORT):
        raise typer.BadParameter(f"must be a whole number from 0 to {MAX_PORT}")
    return int(text)


def with_use_cases(data_dir: Path, work: Callable[[UseCases], Awaitable[Result]]) -> Result:
    """Run the work with the use cases, on the database that `settings_near` finds; return its result."""
    from hello.bootstrap.connectors import open_use_cases  # noqa: PLC0415  # slow to import

    return run_near(
        data_dir, lambda settings: open_use_cases(settings, ShutdownSignal(), CollectorRegistry()), work
    )


def run_near(
    data_dir: Path,
    open_: Callable[[Settings], AbstractAsyncContextManager[Opened]],
    work: Callable[[Opened], Awaitable[Result]],
) -> Result:
    """Run the work with what `open_` yields for the settings of the nearest database; return its result."""

    async def run() -> Result:
        async with open_(settings) as opened:
            return await work(opened)

    with settings_near(data_dir) as settings:
        return asyncio.run(run())


@contextmanager
def progress_bar(total: int | None, unit: str) -> Iterator[Callable[[float], None]]:
    """Show progress on standard error; yield the function that advances it."""
    columns = (
        BarColumn(),
        TextColumn("{task.completed:,.0f} " + unit),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(unit, total=total)
        yield lambda count: progress.advance(task, count)
