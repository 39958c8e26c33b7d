"""`hello run_hello`: what it prints, keeps and leaves behind."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hello.connectors.embedded.servers import destroy
from tests.support.builders import a_name
from tests.support.cli import assert_one_error_line, run_hello
from tests.support.http.birthdays import save_birthday
from tests.support.http.running import HELLO, running_hello, started
from tests.support.processes import descendants

pytestmark = pytest.mark.external


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("run")
    yield folder
    destroy(folder)


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_data_survives_a_restart_and_no_process_does(data_dir: Path, number: signal.Signals) -> None:
    name = a_name()
    with started("run", "--port", "0", "--data-dir", str(data_dir)) as hello:
        with httpx.Client(base_url=hello.url) as client:
            save_birthday(client, name, "1990-05-17")
        family = descendants(hello.process.pid)
        assert len(family) >= 3
        assert hello.stop(number) == 0
    assert not [pid for pid in family if Path(f"/proc/{pid}").exists()]
    with started("run", "--port", "0", "--data-dir", str(data_dir)) as hello:
        assert httpx.get(f"{hello.url}/hello/{name}").status_code == 200


@pytest.mark.faults
def test_killed_api_is_restarted(data_dir: Path) -> None:
    with started("run", "--port", "0", "--data-dir", str(data_dir)) as hello:
        [api] = [
            pid
            for pid in descendants(hello.process.pid)
            if b"\0api\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        os.kill(api, signal.SIGKILL)
        assert httpx.get(f"{hello.url}/api/v1/health", timeout=20).status_code == 200


def test_taken_port_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run_hello("run", "--port", str(port), "--data-dir", str(tmp_path / "data"))
    assert_one_error_line(result, f"cannot listen on 127.0.0.1:{port}")
    assert not (tmp_path / "data").exists()


def test_second_instance_on_a_data_directory_is_an_error(data_dir: Path) -> None:
    with started("run", "--port", "0", "--data-dir", str(data_dir)):
        assert_one_error_line(run_hello("run", "--port", "0", "--data-dir", str(data_dir)), str(data_dir))


def test_data_directory_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert_one_error_line(
        run_hello("run", "--port", "0", "--data-dir", str(tmp_path / "data")), str(tmp_path)
    )


def test_invalid_setting_is_one_error_line(tmp_path: Path) -> None:
    result = run_hello("run", "--port", "0", "--data-dir", str(tmp_path / "data"), TIMEZONE="Mars")
    assert_one_error_line(result, "TIMEZONE")


def test_check_names_a_setting_that_production_lacks() -> None:
    password = {"POSTGRES_PASSWORD": "kai7Aith"}
    assert run_hello("check").returncode == 0
    assert_one_error_line(run_hello("check", ENVIRONMENT="production", **password), "SECRET_KEY")


def test_help_names_what_production_runs() -> None:
    assert {"migrate", "api", "worker"} <= set(re.findall(r"hello (\w+)", run_hello("--help").stdout))


def test_sigterm_ends_a_command_that_waits_as_an_exit() -> None:
    """As the first process of a container it gets no default action of signals."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://hello:hello@127.0.0.1:{silent.getsockname()[1]}/hello"
        variables = os.environ | {"DATABASE_URL": url, "DATABASE_CONNECT_TIMEOUT_S": "600"}
        with subprocess.Popen([*HELLO, "migrate"], env=variables) as process, silent.accept()[0]:
            process.terminate()
            assert process.wait(20) == 128 + signal.SIGTERM


def test_migration_without_a_database_is_one_error_line() -> None:
    result = run_hello("migrate", DATABASE_URL="postgresql://hello:sesame@127.0.0.1:1/hello")
    assert_one_error_line(result, "the database cannot be reached")
    assert "sesame" not in result.stderr


def test_migrate_check_fails_until_the_schema_is_up_to_date(tmp_path: Path) -> None:
    try:
        result = run_hello("migrate", "--check", "--data-dir", str(tmp_path / "data"))
        assert_one_error_line(result, "not up to date")
        assert run_hello("migrate", "--data-dir", str(tmp_path / "data")).returncode == 0
        assert run_hello("migrate", "--check", "--data-dir", str(tmp_path / "data")).returncode == 0
    finally:
        destroy(tmp_path / "data")


@pytest.mark.parametrize("command", [[], ["run"], ["api"], ["migrate"], ["destroy"]])
def test_help_shows_the_usage(command: list[str]) -> None:
    result = run_hello(*command, "--help")
    assert result.returncode == 0
    assert "Usage: " in result.stdout


def test_source_change_restarts_the_server(tmp_path: Path) -> None:
    with running_hello(tmp_path / "data", "--reload") as hello:
        before = process_of(hello.url)
        source = Path(sys.modules["hello"].__file__ or "")
        while process_of(hello.url) in {before, None}:
            source.touch()


def process_of(url: str) -> str | None:
    """Return what all request ids of one process begin with; None when it stops just now."""
    try:
        answer = httpx.get(f"{url}/api/v1/health", timeout=20)
    except httpx.RemoteProtocolError:
        return None
    return answer.headers["X-Request-ID"].split("-")[0]
