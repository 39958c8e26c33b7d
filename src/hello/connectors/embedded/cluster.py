"""The PostgreSQL cluster: its files and the password of its only role, created atomically."""

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from hello.connectors.embedded.command import Command
from hello.connectors.embedded.directories import move, opened, remove_unfinished, sync, unfinished
from hello.connectors.embedded.home import Home

NAME = "hello"
INITDB_TIMEOUT_S = 120.0
INITDB = (
    f"--username={NAME}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
)


@dataclass(frozen=True, slots=True)
class Cluster:
    path: Path

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def password(self) -> Path:
        return self.path / "password"


def cluster_of(base: Path) -> Cluster:
    return Cluster(base / "postgres")


def ensure_cluster(home: Home, postgres: Path, initdb: tuple[str, ...] = INITDB) -> Cluster:
    """Create the cluster if it does not exist; raise `EmbeddedError` if that fails."""
    cluster = cluster_of(home.base)
    remove_unfinished(cluster.path)
    if not os.path.lexists(cluster.path):
        create(cluster, home, postgres, initdb)
    return cluster


def create(cluster: Cluster, home: Home, postgres: Path, initdb: tuple[str, ...]) -> None:
    fresh = Cluster(unfinished(cluster.path))
    try:
        write_password(fresh, home)
        fill(fresh, home, postgres, initdb)
        sync(fresh.path)
        move(fresh.path, cluster.path)
        sync(home.base)
    finally:
        shutil.rmtree(fresh.path, ignore_errors=True)


def write_password(cluster: Cluster, home: Home) -> None:
    with os.fdopen(os.open(cluster.password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32))
        file.flush()
        home.account.own(file.fileno())
        os.fsync(file.fileno())
    with opened(cluster.path) as directory:
        home.account.own(directory)


def fill(cluster: Cluster, home: Home, postgres: Path, options: tuple[str, ...]) -> None:
    log = home.log("postgres")
    initdb = postgres.with_name("initdb")
    create_files: tuple[str | Path, ...] = (
        initdb,
        "-D",
        cluster.data,
        f"--pwfile={cluster.password}",
        *options,
    )
    create_database = (postgres, "--single", "-D", cluster.data, "-c", "exit_on_error=true", "postgres")
    Command(create_files, home.account, log).run(INITDB_TIMEOUT_S)
    Command(create_database, home.account, log, stdin=f"CREATE DATABASE {NAME};\n").run(INITDB_TIMEOUT_S)
