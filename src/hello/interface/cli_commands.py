"""What the command line needs of the composition root."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import typer

from hello.core.settings import SERVICE_LINK, SERVICE_LINK_ADVICE, Settings
from hello.services.dead_events import DeadEventService
from hello.services.use_cases import UseCases

MAX_PORT = 65535


def port_number(text: str | int) -> int:
    """Explain what Kubernetes sets in every pod beside a Service of the same name as the variable."""
    if str(text).startswith(SERVICE_LINK):
        raise typer.BadParameter(SERVICE_LINK_ADVICE)
    if not (str(text).isdecimal() and int(text) <= MAX_PORT):
        raise typer.BadParameter(f"must be a whole number from 0 to {MAX_PORT}")
    return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where the API listens: at an address, or at a descriptor that is open already."""

    host: str
    port: int
    workers: int = 1
    reload: bool = False
    descriptor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What the commands do, handed in by the composition root; `errors` have a message for people."""

    settings: Callable[[], Settings]
    serve: Callable[[Settings, Listen], None]
    work: Callable[[Settings, Listen, Collection[str]], None]
    run: Callable[[Settings, Listen, Path], None]
    api_description: Callable[[Settings], Mapping[str, object]]
    embedded_settings: Callable[[Path], AbstractContextManager[Settings]]
    migrate: Callable[[Settings], None]
    drift: Callable[[Settings], str | None]
    write_migration: Callable[[Settings, str], None]
    destroy: Callable[[Path], None]
    settings_near: Callable[[Path], AbstractContextManager[Settings]]
    use_cases: Callable[[Settings], AbstractAsyncContextManager[UseCases]]
    dead_events: Callable[[Settings], AbstractAsyncContextManager[DeadEventService]]
    new_signing_key: Callable[[], str]
    errors: tuple[type[Exception], ...]
