"""The supervisor: what dies is started again, and what cannot be started ends everything with the reason."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.command import Command
from hello.connectors.embedded.errors import EmbeddedError
from hello.connectors.embedded.log import Log
from hello.connectors.embedded.server import Server
from hello.core.processes import ProcessError
from hello.entrypoints.local_servers import ServerKeeper
from hello.entrypoints.restarts import FIRST_PAUSE_S, MAX_PAUSE_S, STEADY_S, Backoff, describe_exit
from hello.entrypoints.supervisor import MAX_FAILED_STARTS, Child, Supervisor
from hello.interface.http.serving.exposition import SHARED_FOLDER

SOON_S = 20
Start: TypeAlias = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
FAST = partial(Backoff, pause_s=0.001)


@dataclass
class TwinServer:
    """Dies when a test sets `exit_code`; its next `failures` starts fail, or hang until abandoned."""

    failures: int = 0
    name: str = "Twin"
    exit_code: int | None = None
    started: int = 0
    abandoned: threading.Event = field(default_factory=threading.Event)
    hangs: bool = False

    def start(self) -> None:
        if self.hangs:
            self.started += 1
            self.abandoned.wait(SOON_S)
            raise ProcessError("abandoned")
        if self.failures:
            self.failures -= 1
            raise ProcessError("no space left")
        self.started += 1
        self.exit_code = None

    def hasten_exit(self) -> None:
        pass

    def abandon_start(self) -> None:
        self.abandoned.set()


@pytest.fixture(autouse=True)
async def usual_signals() -> AsyncIterator[None]:
    """Take the supervisor's handlers from the loop that all tests share."""
    yield
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().remove_signal_handler(number)


@pytest.fixture
def starter() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as starter:
        yield starter


async def nothing() -> None:
    pass


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not what():
            await asyncio.sleep(0.01)


@pytest.fixture
async def background() -> AsyncIterator[Start]:
    tasks: list[asyncio.Task[None]] = []

    def start(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(work))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def keeper(server: TwinServer, starter: ThreadPoolExecutor, within_s: float = SOON_S) -> ServerKeeper:
    return ServerKeeper(server=server, starter=starter, restart_within_s=within_s, backoff=FAST)


def test_pauses_grow_until_a_process_runs_for_long() -> None:
    backoff = Backoff()
    pauses = [backoff.after(0) for _ in range(10)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (2 * FIRST_PAUSE_S, MAX_PAUSE_S)
    assert backoff.after(STEADY_S + 1) == FIRST_PAUSE_S


@pytest.mark.parametrize(("code", "words"), [(-9, "was killed by signal 9"), (1, "exited with code 1")])
def test_an_ending_is_described(code: int, words: str) -> None:
    assert describe_exit(code) == words


async def test_a_server_is_started_again_after_each_death(
    background: Start, starter: ThreadPoolExecutor
) -> None:
    server = TwinServer()
    background(keeper(server, starter).keep())
    for times in (1, 2, 3):
        server.exit_code = -signal.SIGKILL
        await until(lambda n=times: server.started == n)  # type: ignore[misc]


async def test_a_failed_restart_is_tried_again(background: Start, starter: ThreadPoolExecutor) -> None:
    server = TwinServer(failures=3, exit_code=1)
    background(keeper(server, starter).keep())
    await until(lambda: server.started == 1)
    assert server.failures == 0


async def test_a_server_that_does_not_restart_in_time_is_an_error_with_the_reason(
    starter: ThreadPoolExecutor,
) -> None:
    server = TwinServer(failures=1_000_000, exit_code=-9)
    with pytest.raises(
        ProcessError, match=r"^Twin was killed by signal 9 and cannot be restarted: no space left$"
    ):
        await asyncio.wait_for(keeper(server, starter, within_s=0.05).keep(), SOON_S)


async def test_a_cancelled_restart_is_abandoned_at_once(starter: ThreadPoolExecutor) -> None:
    server = TwinServer(exit_code=-9, hangs=True)
    task = asyncio.create_task(keeper(server, starter).keep())
    await until(lambda: server.started == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, SOON_S / 2)
    assert server.abandoned.is_set()


def test_an_abandoned_start_leaves_no_process(tmp_path: Path) -> None:
    command = Command(("/bin/sh", "-c", "sleep 60"), Account(), Log(tmp_path / "a.log"))
    spawned = threading.Event()

    def is_ready(_pid: int) -> bool:
        spawned.set()
        return False

    server = Server(
        name="Sleeper",
        url="",
        command=lambda: command,
        is_ready=is_ready,
        stop_steps=((signal.SIGKILL, 5.0),),
    )
    with ThreadPoolExecutor() as executor:
        starting = executor.submit(server.start)
        assert spawned.wait(SOON_S)
        server.abandon_start()
        with pytest.raises(EmbeddedError):
            starting.result(SOON_S / 2)
    assert (server.pid, server.exit_code) == (None, -signal.SIGKILL)
    with pytest.raises(EmbeddedError, match="during a shutdown"):
        server.start()


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    command = Command((tmp_path / "postgres",), Account(), Log(tmp_path / "a.log"))
    server = Server(name="Gone", url="", command=lambda: command, is_ready=bool, stop_steps=())
    with pytest.raises(EmbeddedError, match=rf"cannot use {tmp_path}/postgres: No such file"):
        server.start()


def child(name: str, script: str) -> Child:
    return Child(name=name, command=[sys.executable, "-c", script], environment=dict(os.environ))


def sleeper(file: Path) -> Child:
    """Write its process id for each start, then sleep."""
    script = (
        f"import os, time; print(os.getpid(), file=open({str(file)!r}, 'a'), flush=True); time.sleep(600)"
    )
    return child("sleeper", script)


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


SUPERVISOR = Supervisor(stop_timeout_s=5, backoff=FAST)


async def test_a_child_that_never_starts_ends_all_the_others(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    failing = child("api", f"open({str(starts)!r}, 'a').write('x'); raise SystemExit(4)")
    with pytest.raises(ProcessError, match=r"^api exited with code 4, 3 times: it cannot be started$"):
        async with asyncio.timeout(SOON_S):
            await SUPERVISOR.run([sleeper(tmp_path / "pids"), failing], nothing)
    assert len(starts.read_text()) == MAX_FAILED_STARTS
    assert all(is_gone(pid) for pid in pids(tmp_path / "pids"))


async def test_a_child_whose_program_is_missing_is_an_error() -> None:
    missing = Child(name="api", command=["/missing/python"], environment={})
    with pytest.raises(ProcessError, match=r"^api cannot be run .*/missing/python"):
        async with asyncio.timeout(SOON_S):
            await SUPERVISOR.run([missing], nothing)


async def test_a_child_that_is_killed_is_started_again_however_often(
    background: Start, tmp_path: Path
) -> None:
    file = tmp_path / "pids"
    background(SUPERVISOR.run([sleeper(file)], nothing))
    for times in range(1, MAX_FAILED_STARTS + 2):
        await until(lambda n=times: len(pids(file)) == n)  # type: ignore[misc]
        os.kill(pids(file)[-1], signal.SIGKILL)
    await until(lambda: len(pids(file)) == MAX_FAILED_STARTS + 2)


async def test_live_gauges_of_a_killed_child_are_removed(background: Start, tmp_path: Path) -> None:
    gauge = "from prometheus_client import Gauge; Gauge('open', 'x', multiprocess_mode='livesum').set(1)\n"
    counter = "from prometheus_client import Counter; Counter('served', 'x').inc()\n"
    file, shared = tmp_path / "pids", {**os.environ, SHARED_FOLDER: str(tmp_path)}
    one = sleeper(file)
    measuring = replace(one, command=[*one.command[:2], gauge + counter + one.command[2]], environment=shared)
    background(SUPERVISOR.run([measuring], nothing))
    await until(lambda: len(pids(file)) == 1)
    first = pids(file)[0]
    assert (tmp_path / f"gauge_livesum_{first}.db").exists()
    os.kill(first, signal.SIGKILL)
    await until(lambda: len(pids(file)) == 2)
    assert not (tmp_path / f"gauge_livesum_{first}.db").exists()
    assert (tmp_path / f"counter_{first}.db").exists()


async def test_a_server_that_cannot_restart_ends_the_children_with_the_reason(
    starter: ThreadPoolExecutor, tmp_path: Path
) -> None:
    file, server = tmp_path / "pids", TwinServer(failures=1_000_000)

    async def kill_when_started() -> None:
        await until(lambda: len(pids(file)) == 1)
        server.exit_code = -9

    with pytest.raises(ProcessError, match="Twin was killed by signal 9 and cannot be restarted"):
        async with asyncio.timeout(SOON_S):
            await SUPERVISOR.run(
                [sleeper(file)], kill_when_started, servers=[keeper(server, starter, within_s=0.05)]
            )
    assert all(is_gone(pid) for pid in pids(file))


async def test_a_child_may_fail_for_ever_while_its_source_is_watched(
    background: Start, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    failing = child("api", f"open({str(starts)!r}, 'a').write('x'); raise SystemExit(1)")
    task = background(SUPERVISOR.run([failing], nothing, watch=tmp_path))
    await until(lambda: starts.exists() and len(starts.read_text()) > MAX_FAILED_STARTS)
    assert not task.done()


async def test_servers_are_kept_across_a_change_of_the_source(
    background: Start, starter: ThreadPoolExecutor, tmp_path: Path
) -> None:
    file, source, server = tmp_path / "pids", tmp_path / "source", TwinServer()
    source.mkdir()
    background(SUPERVISOR.run([sleeper(file)], nothing, source, [keeper(server, starter)]))

    def has_reloaded() -> bool:
        (source / "changed.py").write_text(str(time.monotonic_ns()))
        return len(pids(file)) > 1

    await until(lambda: len(pids(file)) == 1)
    await until(has_reloaded)
    server.exit_code = -9
    await until(lambda: server.started == 1)
