"""`hello run_hello` when what it started dies: it comes back, or `hello run_hello` stops and says why."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import httpx
import pytest

from hello.connectors.embedded.account import current_account
from hello.connectors.embedded.home import base_of
from hello.connectors.embedded.orphans import command_line
from hello.connectors.embedded.servers import destroy
from hello.connectors.embedded.termination import wait_until
from tests.support.builders import a_name
from tests.support.cli import run_hello
from tests.support.http.birthdays import save_birthday
from tests.support.http.running import Running, started
from tests.support.processes import descendants

SOON_S = 40
PROGRAMS = {"PostgreSQL": b"/postgres\0-D", "Valkey": b"/valkey-server\0-\0"}
pytestmark = [pytest.mark.external, pytest.mark.faults]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("restarts") / "data"
    yield folder
    destroy(folder)


@pytest.fixture(scope="module")
def hello(data_dir: Path) -> Iterator[Running]:
    with started("run", "--port", "0", "--data-dir", str(data_dir), "--workers", "2") as hello:
        yield hello


def pid_of(hello: Running, server: str) -> int | None:
    for pid in descendants(hello.process.pid):
        if PROGRAMS[server] in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    return None


def kill(hello: Running, server: str, number: signal.Signals = signal.SIGKILL) -> None:
    pid = pid_of(hello, server)
    assert pid
    os.kill(pid, number)


def count(hello: Running, words: str) -> int:
    return "".join(hello.printed).count(words)


def await_(what: Callable[[], bool], hello: Running) -> None:
    assert wait_until(what, SOON_S), "".join(hello.printed)


def is_ready(hello: Running) -> bool:
    try:
        return bool(httpx.get(f"{hello.url}/api/v1/health/ready", timeout=20).json()["status"] == "ready")
    except httpx.HTTPError:
        return False


@pytest.mark.parametrize("server", ["PostgreSQL", "Valkey"])
def test_killed_server_is_restarted_each_time(hello: Running, server: str) -> None:
    for _ in range(2):
        died = count(hello, f"{server} was killed by signal 9; restarting it")
        back = count(hello, f"{server} is running again")
        kill(hello, server)
        await_(lambda n=back: count(hello, f"{server} is running again") > n, hello)  # type: ignore[misc]
        assert count(hello, f"{server} was killed by signal 9; restarting it") == died + 1
    await_(lambda: is_ready(hello), hello)


@pytest.mark.parametrize("server", ["PostgreSQL", "Valkey"])
def test_server_stopped_by_a_signal_is_restarted_although_clients_stay(hello: Running, server: str) -> None:
    await_(lambda: is_ready(hello), hello)
    back = count(hello, f"{server} is running again")
    kill(hello, server, signal.SIGTERM)
    await_(lambda: count(hello, f"{server} is running again") > back, hello)
    assert count(hello, f"{server} exited with code 0; restarting it") == 1
    await_(lambda: is_ready(hello), hello)


def test_no_acknowledged_write_is_lost_when_postgresql_is_killed(hello: Running) -> None:
    stop, back = Event(), count(hello, "PostgreSQL is running again")
    with ThreadPoolExecutor() as executor:
        writers = [executor.submit(saved_until, stop, hello.url) for _ in range(4)]
        try:
            await_(lambda: saved_someone(hello.url), hello)
            kill(hello, "PostgreSQL")
            await_(lambda: count(hello, "PostgreSQL is running again") > back, hello)
            await_(lambda: saved_someone(hello.url), hello)
        finally:
            stop.set()
        saved = [name for writer in writers for name in writer.result()]
    with httpx.Client(base_url=hello.url, timeout=20) as client:
        lost = [name for name in saved if client.get(f"/hello/{name}").status_code != 200]
    assert saved
    assert lost == []


def saved_until(stop: Event, url: str) -> list[str]:
    """Return the names whose PUT was acknowledged."""
    saved = []
    while not stop.is_set():
        name = a_name()
        if save(url, name):
            saved.append(name)
    return saved


def saved_someone(url: str) -> bool:
    return save(url, a_name())


def save(url: str, name: str) -> bool:
    try:
        with httpx.Client(base_url=url, timeout=20) as client:
            return save_birthday(client, name, "1990-05-17").status_code == 204
    except httpx.HTTPError:
        return False


@contextmanager
def without_data_of(server: str, data_dir: Path) -> Iterator[None]:
    """Move the data out of the server's reach."""
    data = base_of(data_dir.resolve(), current_account()) / server.lower().removesuffix("ql")
    moved = data.rename(data.with_name("moved"))
    try:
        yield
    finally:
        moved.rename(data)


@pytest.mark.parametrize("server", ["PostgreSQL", "Valkey"])
def test_server_that_cannot_restart_ends_the_run_with_the_reason(server: str, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    try:
        with started("run", "--port", "0", "--data-dir", str(data_dir)) as hello:
            family = descendants(hello.process.pid)
            with without_data_of(server, data_dir):
                kill(hello, server)
                assert hello.process.wait(SOON_S) == 1
            await_(lambda: all(command_line(pid) == "" for pid in family), hello)
        [reason] = [line for line in hello.printed if line.startswith("hello: ")]
        assert reason.startswith(
            f"hello: {server} was killed by signal 9 and cannot be restarted: {server} did not start: "
        )
        assert f"{server.lower().removesuffix('ql')}" in reason
        assert "No such file or directory" in reason
    finally:
        destroy(data_dir)


def test_ctrl_c_during_a_restart_stops_everything_at_once(data_dir_of_its_own: Path) -> None:
    with started("run", "--port", "0", "--data-dir", str(data_dir_of_its_own)) as hello:
        family = descendants(hello.process.pid)
        with frozen_backend(hello):
            kill(hello, "PostgreSQL")
            await_(lambda: count(hello, "restarting it") == 1, hello)
            await_(lambda: pid_of(hello, "PostgreSQL") not in {None, *family}, hello)
            asked = time.monotonic()
            assert hello.stop(signal.SIGINT) == 0
            assert time.monotonic() - asked < SOON_S / 2
        await_(lambda: all(command_line(pid) == "" for pid in family), hello)


@contextmanager
def frozen_backend(hello: Running) -> Iterator[None]:
    """Stop a process of PostgreSQL that keeps its shared memory in use: no other PostgreSQL can start."""
    backend = next(
        pid for pid in descendants(pid_of(hello, "PostgreSQL") or 0) if b"checkpointer" in cmdline(pid)
    )
    os.kill(backend, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(backend, signal.SIGKILL)


def cmdline(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.fixture
def data_dir_of_its_own(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    destroy(tmp_path / "data")


def test_a_missing_folder_for_metrics_is_one_clear_line(tmp_path: Path) -> None:
    for command in ("api", "worker"):
        result = run_hello(command, "--port", "0", PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "missing"))
        assert result.returncode == 1
        [line] = result.stderr.splitlines()
        assert line == f"hello: PROMETHEUS_MULTIPROC_DIR: there is no folder '{tmp_path}/missing'"


def test_processes_that_never_start_end_the_run_with_one_error_line(data_dir_of_its_own: Path) -> None:
    missing = str(data_dir_of_its_own / "missing")
    result = run_hello(
        "run", "--port", "0", "--data-dir", str(data_dir_of_its_own), PROMETHEUS_MULTIPROC_DIR=missing
    )
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert re.fullmatch(
        r"hello: (api|worker) exited with code \d, 3 times: it cannot be started", lines[-1]
    ), result.stderr
