"""The product's image by itself, under the rules of strict clusters; run by `make test_compose`."""

import json
import socket
import time
from pathlib import Path

import httpx
import pytest

from hello.connectors.embedded.termination import wait_until
from tests.docker.stack import ADDRESS, PATIENCE_S, container, docker

pytestmark = [pytest.mark.external, pytest.mark.compose, pytest.mark.timeout(PATIENCE_S)]
RESTRICTED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
SOON_S = 60
STOP_S = 20
ENDED_BY_SIGTERM = 128 + 15


def state_of(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(docker("inspect", "--format", "{{json .State}}", name))
    return found


def health_of(name: str) -> str:
    return docker("inspect", "--format", "{{.State.Health.Status}}", name)


def url_of(name: str, port: int) -> str:
    return f"http://{docker('inspect', '--format', ADDRESS, name)}:{port}"


def is_alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v1/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.parametrize("user", ["10001:0", "12345:0", "12345:54321"])
@pytest.mark.parametrize(("command", "port"), [("api", 8000), ("worker", 8001)])
def test_image_runs_as_any_user_on_a_read_only_root(user: str, command: str, port: int) -> None:
    with container(*RESTRICTED, "--user", user, "hello", command) as name:
        assert wait_until(lambda: is_alive(url_of(name, port)), SOON_S), docker("logs", name)
        assert docker("exec", name, "id", "-u") == user.partition(":")[0]


def test_the_user_is_a_number_that_is_not_root() -> None:
    """An orchestrator refuses a name where it must see that the user is not root."""
    assert docker("inspect", "--format", "{{.Config.User}}", "hello") == "10001:0"


@pytest.mark.parametrize(
    ("command", "variable", "port"),
    [
        ("api", "PORT", "8000"),
        ("api", "PORT", "9000"),
        ("worker", "WORKER_PORT", "8001"),
        ("worker", "WORKER_PORT", "9001"),
    ],
)
def test_the_health_check_asks_the_port_of_the_settings(command: str, variable: str, port: str) -> None:
    with container(f"--env={variable}={port}", "--health-interval=1s", "hello", command) as name:
        assert wait_until(lambda: health_of(name) == "healthy", SOON_S), docker("logs", name)
        assert is_alive(url_of(name, int(port)))


def test_a_process_that_hangs_is_unhealthy() -> None:
    with container("--health-interval=1s", "--health-retries=2", "hello", "api") as name:
        assert wait_until(lambda: health_of(name) == "healthy", SOON_S), docker("logs", name)
        docker("kill", "--signal=STOP", name)
        assert wait_until(lambda: health_of(name) == "unhealthy", SOON_S)
        docker("kill", "--signal=CONT", name)


@pytest.mark.parametrize(("command", "port"), [("api", 8000), ("worker", 8001)])
def test_sigterm_ends_the_first_process_as_a_success(command: str, port: int) -> None:
    with container("hello", command) as name:
        assert wait_until(lambda: is_alive(url_of(name, port)), SOON_S), docker("logs", name)
        assert stopped(name) == 0


def test_sigterm_ends_a_migration_that_waits() -> None:
    """Its database is a server of this test that never answers."""
    with socket.create_server(("", 0)) as silent:
        silent.settimeout(SOON_S)
        url = f"--env=DATABASE_URL=postgresql://hello:hello@silent:{silent.getsockname()[1]}/hello"
        options = ("--add-host=silent:host-gateway", "--env=DATABASE_CONNECT_TIMEOUT_S=600", url)
        with container(*options, "hello", "migrate") as name, silent.accept()[0]:
            assert stopped(name) == ENDED_BY_SIGTERM


def stopped(name: str) -> object:
    """Return the exit code; a kill after the engine's patience has another."""
    started = time.monotonic()
    docker("stop", f"--time={STOP_S}", name)
    assert time.monotonic() - started < STOP_S / 2
    return state_of(name)["ExitCode"]


@pytest.mark.parametrize("name", ["*cc", "gcc*", "make", "pytest*", "coverage*", "initdb", "valkey-server"])
def test_image_has_no_build_or_test_programs(name: str) -> None:
    program = ("-type", "f", "-perm", "/111", "-name", name)
    assert found("hello", "/opt", "/usr", *program) == ""


def test_image_has_no_pip_but_that_of_the_base() -> None:
    assert found("hello", "/opt/hello", "-path", "*/site-packages/pip") == ""


def test_every_module_is_compiled() -> None:
    """The root is read-only, so nothing would keep what each start compiles."""
    sources = map(Path, found("hello", "/opt/hello/lib", "-name", "*.py").splitlines())
    compiled = found("hello", "/opt/hello/lib", "-name", "*.pyc").splitlines()
    wanted = {f"{path.parent}/__pycache__/{path.stem}.cpython-313.pyc" for path in sources}
    assert len(wanted) > 1000
    assert wanted - set(compiled) == set()


def test_labels_say_what_the_image_is() -> None:
    labels = json.loads(docker("inspect", "--format", "{{json .Config.Labels}}", "hello"))
    prefix = "org.opencontainers.image."
    named = {name.removeprefix(prefix) for name in labels if name.startswith(prefix)}
    assert named == {"title", "description", "licenses", "source", "version", "revision", "created"}
    assert labels[f"{prefix}licenses"] == "Apache-2.0"


def test_image_has_no_tests() -> None:
    assert found("hello", "/", "-xdev", "-name", "test_hello.py") == ""
    assert found("hello:test", "/hello", "-name", "test_hello.py") != ""


def test_image_has_no_files_writable_by_its_user() -> None:
    assert found("hello", "/opt", "/usr", "-writable", "-not", "-type", "l", user="10001:0") == ""


def found(image: str, *words: str, user: str = "0") -> str:
    return docker("run", "--rm", f"--user={user}", "--entrypoint=find", image, *words)
