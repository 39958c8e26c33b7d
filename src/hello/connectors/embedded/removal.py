"""Removes everything that Hello created for one data directory, and nothing else."""

import os
from contextlib import suppress
from pathlib import Path

from hello.connectors.embedded.directories import remove, remove_unfinished
from hello.connectors.embedded.errors import explained
from hello.connectors.embedded.home import elsewhere_of, temporary_run
from hello.connectors.embedded.lock import LOCK, only_instance, was_used
from hello.connectors.embedded.postgres import STOP_STEPS as POSTGRES_STEPS
from hello.connectors.embedded.postgres import orphaned_postgres
from hello.connectors.embedded.relocation import LOCATION_FILE, refuse_moved
from hello.connectors.embedded.state import STATE, remove_unused
from hello.connectors.embedded.valkey import STOP_STEPS as VALKEY_STEPS
from hello.connectors.embedded.valkey import orphaned_valkey

SERVERS = ("valkey", "postgres")
LOGS = tuple(f"{server}{suffix}" for server in SERVERS for suffix in (".log", ".log.old"))


def destroy(data_dir: Path) -> None:
    """Remove everything created for the directory, and the directory itself if nothing else is in it.

    Raise `EmbeddedError` if Hello runs on it, or if something cannot be removed.
    """
    with explained():
        data_dir = data_dir.resolve()
        if was_used(data_dir):
            with only_instance(data_dir):
                remove_outside(data_dir)
                remove_inside(data_dir)
            with suppress(OSError):
                data_dir.rmdir()
        else:
            remove_outside(data_dir)


def remove_outside(data_dir: Path) -> None:
    refuse_moved(data_dir, elsewhere_of(data_dir))
    if os.geteuid() == 0:
        remove_servers(elsewhere_of(data_dir))
        remove(elsewhere_of(data_dir))
        remove_unused(STATE)
    else:
        remove(temporary_run(data_dir))


def remove_inside(data_dir: Path) -> None:
    remove_servers(data_dir)
    for name in (*LOGS, LOCATION_FILE, LOCK):
        remove(data_dir / name)


def remove_servers(base: Path) -> None:
    """Stop servers that a killed Hello left running, and remove their files."""
    orphaned_valkey(base).stop(VALKEY_STEPS)
    orphaned_postgres(base).stop(POSTGRES_STEPS)
    for name in (*SERVERS, "run"):
        remove_unfinished(base / name)
        remove(base / name)
