"""`hello worker`: the background tasks."""

from collections.abc import Collection
from typing import Annotated

import typer

from hello.bootstrap.settings import checked_settings
from hello.core.settings import Settings, split_csv
from hello.entities.errors import InvalidError
from hello.entrypoints import processes
from hello.entrypoints.cli.common import port_number
from hello.interface.listening import Listen
from hello.interface.worker.tasks import ALL_TASKS, CONSUMERS, RELAY

Only = Annotated[
    str, typer.Option(help=f"Run only these tasks, separated by commas: {', '.join(ALL_TASKS)}.")
]
Host = Annotated[str, typer.Option(help="Address for health and metrics.", envvar="WORKER_HOST")]
Port = Annotated[
    int,
    typer.Option(
        help="Port for health and metrics; 0 takes a free one.",
        envvar="WORKER_PORT",
        parser=port_number,
        metavar="PORT",
    ),
]


def worker(
    host: Host = "127.0.0.1",
    port: Port = 8001,
    only: Only = "",
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Move orders, publish events and consume them; several workers may run at the same time."""
    listen = Listen(host=host, port=port, descriptor=fd)
    settings, names = checked_settings(), names_of(only)
    if only:
        require_broker(settings, names)
    processes.work(settings, listen, names)


def require_broker(settings: Settings, names: Collection[str]) -> None:
    """Raise `InvalidError` if a task named by `--only` needs a broker and none is configured."""
    blocked = sorted({RELAY, CONSUMERS} & set(names))
    if blocked and settings.broker_dsn is None:
        raise InvalidError(f"--only: {', '.join(blocked)} needs BROKER_URL or REDIS_URL", field="only")


def names_of(only: str) -> list[str]:
    """Return the requested tasks, all by default; raise `InvalidError` for an unknown one."""
    names = split_csv(only) or list(ALL_TASKS)
    if unknown := set(names) - set(ALL_TASKS):
        message = f"--only: no task named {', '.join(sorted(unknown))}; choose from {', '.join(ALL_TASKS)}"
        raise InvalidError(message, field="only")
    return names
