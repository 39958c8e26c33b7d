"""Both local servers together, and the removal of their data."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hello.connectors.embedded.errors import EmbeddedError
from hello.connectors.embedded.home import open_home
from hello.connectors.embedded.postgres import running_postgres
from hello.connectors.embedded.removal import destroy
from hello.connectors.embedded.server import Server
from hello.connectors.embedded.valkey import running_valkey

__all__ = ["EmbeddedError", "Servers", "destroy", "embedded_servers"]


@dataclass(frozen=True, slots=True)
class Servers:
    """The URLs hold passwords."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    postgres: Server
    valkey: Server


@contextmanager
def embedded_servers(data_dir: Path) -> Iterator[Servers]:
    """Start PostgreSQL and Valkey, and stop them at the end of the block, Valkey first.

    Raise `EmbeddedError` if one does not start, or another Hello runs on the directory. Enter it in a
    thread that lives as long as the block: on Linux the servers end with it.
    """
    with open_home(data_dir) as home, running_postgres(home) as postgres, running_valkey(home) as valkey:
        yield Servers(postgres.url, valkey.url, postgres, valkey)
