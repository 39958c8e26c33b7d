"""Local servers out of wheels: who gets in, what survives, what is left behind."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from hello.connectors.embedded.cluster import Cluster, cluster_of
from hello.connectors.embedded.home import Home, open_home
from hello.connectors.embedded.orphans import command_line
from hello.connectors.embedded.postgres import WHEEL as POSTGRES
from hello.connectors.embedded.postgres import postgres_server, running_postgres
from hello.connectors.embedded.programs import copied, runnable
from hello.connectors.embedded.servers import EmbeddedError, Servers, destroy, embedded_servers
from hello.connectors.embedded.state import STATE
from hello.connectors.embedded.termination import wait_until
from hello.connectors.embedded.valkey import WHEEL as VALKEY
from hello.connectors.embedded.valkey import running_valkey

RUN = """
import signal
import sys
from pathlib import Path
from hello.connectors.embedded.servers import embedded_servers
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it from birth
with embedded_servers(Path(sys.argv[1])) as servers:
    print(servers.postgres.pid, servers.valkey.pid, flush=True)
    sys.stdin.read()
"""
SOON_S = 10

pytestmark = [
    pytest.mark.integrated,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def ping(url: str) -> object:
    async with Redis.from_url(url) as redis:
        return await redis.ping()


def with_password(url: str, password: str) -> str:
    return url.replace(f":{urlsplit(url).password}@", f":{password}@")


def processes_of(path: Path) -> list[str]:
    """Every process that was started with something below this path."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = file.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if any(os.fsencode(path) in argument for argument in arguments[1:]):
            found.append(str(arguments))
    return found


def is_gone(pid: int) -> bool:
    """Count as gone what only waits for its parent to notice."""
    return command_line(pid) == ""


def listens_on_tcp(pid: int) -> bool:
    opened = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    rows = [row for name in ("tcp", "tcp6") for row in Path("/proc/net", name).read_text().splitlines()[1:]]
    return any(f"socket:[{row.split()[9]}]" in opened for row in rows)


@contextmanager
def changed(path: Path, content: bytes | None) -> Iterator[None]:
    before = path.read_bytes()
    path.unlink() if content is None else path.write_bytes(content)
    try:
        yield
    finally:
        path.touch()
        path.write_bytes(before)


def start_in_child(data_dir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def refusal(data_dir: Path) -> str:
    with pytest.raises(EmbeddedError) as caught, embedded_servers(data_dir):
        pytest.fail("it started")
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One directory for all tests, as the first start takes longest."""
    path = tmp_path_factory.mktemp("embedded") / "data"
    yield path
    assert processes_of(path) == []
    destroy(path)
    assert not path.exists()


@pytest.fixture(scope="module")
def home(data_dir: Path) -> Home:
    """Where everything lies, with a database made."""
    with open_home(data_dir) as home, running_postgres(home):
        return home


@pytest.fixture(scope="module")
def cluster(home: Home) -> Cluster:
    return cluster_of(home.base)


@pytest.fixture
def empty_dir(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "data"
    yield path
    destroy(path)


@pytest.fixture
def servers(data_dir: Path) -> Iterator[Servers]:
    with embedded_servers(data_dir) as servers:
        yield servers


async def test_data_survives_a_restart(data_dir: Path) -> None:
    with embedded_servers(data_dir) as servers:
        await ask(servers.database_url, "CREATE TABLE IF NOT EXISTS survivor AS SELECT 42 AS answer")
        assert await ping(servers.redis_url)
    with embedded_servers(data_dir) as servers:
        assert await ask(servers.database_url, "SELECT answer FROM survivor") == 42


async def test_each_server_restarts_while_the_other_runs(servers: Servers) -> None:
    servers.valkey.stop()
    assert servers.valkey.pid is None
    assert await ask(servers.database_url, "SELECT 1") == 1
    servers.valkey.start()
    servers.postgres.stop()
    assert await ping(servers.redis_url)
    servers.postgres.start()
    assert await ask(servers.database_url, "SELECT 1") == 1


async def test_the_database_is_durable_and_speaks_unicode(servers: Servers) -> None:
    wanted = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on"}
    wanted |= {"server_encoding": "UTF8", "TimeZone": "UTC", "max_connections": "100"}
    found = {name: await ask(servers.database_url, f"SHOW {name}") for name in wanted}
    assert found == wanted
    assert await ask(servers.database_url, "SELECT upper('ä')") == "Ä"


async def test_events_are_on_disk_and_only_what_expires_makes_room(servers: Servers) -> None:
    wanted = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "volatile-lru"}
    async with Redis.from_url(servers.redis_url) as redis:
        found = await redis.config_get(*wanted)
    assert found == wanted


@pytest.mark.parametrize("password", ["", "wrong"])
async def test_connection_without_the_password_is_refused(servers: Servers, password: str) -> None:
    with pytest.raises((asyncpg.InvalidPasswordError, asyncpg.InterfaceError)):
        await ask(with_password(servers.database_url, password), "SELECT 1")
    with pytest.raises(RedisError, match=r"authenticated|invalid username-password"):
        await ping(with_password(servers.redis_url, password))


def test_servers_do_not_listen_on_tcp(servers: Servers) -> None:
    for server in (servers.postgres, servers.valkey):
        assert server.pid
        assert not listens_on_tcp(server.pid)


def test_sockets_and_secrets_are_private_to_the_servers_user(servers: Servers, home: Home) -> None:
    private = [home.run, *home.run.iterdir(), home.base / "valkey", *(home.base / "postgres").iterdir()]
    for path in private:
        found = path.lstat()
        assert (path, found.st_uid, found.st_mode & 0o077) == (path, home.account.uid, 0)
    for server in (servers.postgres, servers.valkey):
        assert Path(f"/proc/{server.pid}").stat().st_uid == home.account.uid


def test_passwords_are_not_in_logs_or_process_lists(servers: Servers, home: Home) -> None:
    seen = [home.log(name).path.read_text() for name in ("postgres", "valkey")]
    seen += processes_of(home.base)
    assert len(seen) >= 4
    for url in (servers.database_url, servers.redis_url):
        assert not any(str(urlsplit(url).password) in text for text in [*seen, repr(servers)])


def test_logs_are_read_only_by_us(servers: Servers, home: Home) -> None:
    assert servers.postgres.pid
    for name in ("postgres", "valkey"):
        assert stat.S_IMODE(home.log(name).path.stat().st_mode) == 0o600


def test_no_directory_above_is_changed(empty_dir: Path) -> None:
    def modes() -> list[tuple[Path, int, int]]:
        programs = Path(sys.executable).parent, Path(asyncpg.__file__)
        parents = [parent for path in (empty_dir, *programs) for parent in path.parents]
        return [(path, path.stat().st_mode, path.stat().st_uid) for path in parents]

    before = modes()
    with open_home(empty_dir) as home, running_valkey(home):
        assert modes() == before


def test_a_second_hello_is_refused(servers: Servers, data_dir: Path) -> None:
    assert refusal(data_dir) == f"another hello is running on {data_dir} (pid {os.getpid()})"
    with pytest.raises(EmbeddedError, match="another hello is running"):
        destroy(data_dir)
    assert servers.postgres.pid


def test_error_in_the_block_stops_both_servers(data_dir: Path) -> None:
    with pytest.raises(ZeroDivisionError), embedded_servers(data_dir) as servers:
        raise ZeroDivisionError
    assert (servers.postgres.pid, servers.valkey.pid) == (None, None)


async def test_a_killed_hello_leaves_no_server(data_dir: Path, home: Home) -> None:
    with start_in_child(data_dir) as child:
        assert child.stdout
        pids = [int(pid) for pid in child.stdout.readline().split()]
        child.kill()
    for pid in pids:
        assert wait_until(partial(is_gone, pid), SOON_S)
    assert processes_of(home.base) == []


async def test_a_hello_starts_at_once_after_one_was_killed(data_dir: Path) -> None:
    with start_in_child(data_dir) as child:
        assert child.stdout
        assert child.stdout.readline()
        child.kill()
    with embedded_servers(data_dir) as servers:
        assert await ask(servers.database_url, "SELECT 1") == 1


async def test_leftover_server_is_stopped_at_the_next_start(home: Home) -> None:
    with runnable(POSTGRES, home.account) as program:
        left = postgres_server(home, program)
    left.start()
    with embedded_servers(home.data_dir) as servers:
        assert left.pid is None
        assert await ask(servers.database_url, "SELECT 1") == 1


async def test_the_killed_servers_own_processes_are_waited_for(servers: Servers) -> None:
    assert servers.postgres.pid
    os.kill(servers.postgres.pid, signal.SIGKILL)
    assert wait_until(lambda: servers.postgres.pid is None, SOON_S)
    servers.postgres.start()
    assert await ask(servers.database_url, "SELECT 1") == 1


def test_a_stale_pid_that_now_is_another_process_is_no_obstacle(home: Home, cluster: Cluster) -> None:
    account, pid_file = home.account, cluster.data / "postmaster.pid"
    with open_home(home.data_dir) as opened, running_postgres(opened):
        content = pid_file.read_text()
    sleep = ["sleep", "60"]
    with subprocess.Popen(sleep, user=account.user, group=account.group) as other:
        pid_file.write_text(re.sub(r"^\d+", str(other.pid), content))
        with open_home(home.data_dir) as opened, running_postgres(opened) as server:
            assert server.pid
        assert other.poll() is None
        other.kill()


def test_stale_sockets_are_no_obstacle(home: Home) -> None:
    with open_home(home.data_dir) as opened:
        for name in (".s.PGSQL.5432", "valkey.sock"):
            with socket.socket(socket.AF_UNIX) as stale:
                stale.bind(str(opened.run / name))
    with embedded_servers(home.data_dir) as servers:
        assert servers.valkey.pid


def test_an_interrupted_first_start_leaves_nothing_and_can_be_repeated(empty_dir: Path) -> None:
    with start_in_child(empty_dir) as child:
        assert wait_until((empty_dir / "postgres.log").exists, SOON_S)
        child.send_signal(signal.SIGINT)
    with open_home(empty_dir) as home:
        assert processes_of(home.base) == []
        assert not cluster_of(home.base).path.exists()
        with running_postgres(home) as server:
            assert server.pid


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("PG_VERSION", b"17\n", "initialized by PostgreSQL version 17"),
        ("PG_VERSION", None, "is not a valid data directory"),
        ("global/pg_control", None, "No such file or directory"),
        ("global/pg_control", bytes(8192), "FATAL"),
    ],
)
def test_a_broken_database_is_explained(
    home: Home, cluster: Cluster, name: str, content: bytes | None, words: str
) -> None:
    file = cluster.data / name
    owner = file.stat()
    with changed(file, content):
        message = refusal(home.data_dir)
    os.chown(file, owner.st_uid, owner.st_gid)
    assert words in message
    assert str(home.log("postgres").path) in message
    assert processes_of(home.base) == []


def test_a_file_in_the_way_is_explained(empty_dir: Path) -> None:
    with open_home(empty_dir) as home:
        (home.base / "postgres").touch()
    assert f"{home.base}/postgres" in refusal(empty_dir)


def test_a_directory_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file/data") == f"cannot use {tmp_path}/file/data: Not a directory"


@pytest.mark.parametrize("name", ["x" * 150, "a b,c"])
async def test_server_starts_in_any_path(tmp_path: Path, name: str) -> None:
    with open_home(tmp_path / name) as home, running_valkey(home) as server:
        assert await ping(server.url)
    destroy(tmp_path / name)
    assert (home.run.exists(), (tmp_path / name).exists()) == (False, False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has two places")
def test_under_root_the_data_lies_where_the_servers_user_can_go(empty_dir: Path) -> None:
    with open_home(empty_dir) as closed, tempfile.TemporaryDirectory() as scratch:
        Path(scratch).chmod(0o711)
        with open_home(Path(scratch, "data")) as passable:
            assert passable.base == Path(scratch, "data")
        destroy(Path(scratch, "data"))
        assert closed.base.parent == STATE
        assert str(closed.base) in (empty_dir / "elsewhere.txt").read_text()


def test_programs_are_copied_once_and_complete(tmp_path: Path) -> None:
    first = copied(VALKEY, VALKEY.find(), tmp_path / "bin")
    made = first.stat()
    assert copied(VALKEY, VALKEY.find(), tmp_path / "bin").stat() == made
    assert subprocess.check_output([first, "--version"]).startswith(b"Valkey server")
