"""The stack of Docker Compose on a real engine; run by `make test_compose`, where each line of it is used.

No `test_` in its name, so that `pytest` needs no engine.
"""

from collections.abc import Iterator

import httpx
import pytest

from hello.connectors.embedded.termination import wait_until
from tests.docker.stack import (
    BASE,
    OVERRIDE,
    PATIENCE_S,
    QUICK,
    Stack,
    docker,
    removed_at_the_end,
    wait_until_ready,
    write_settings,
)
from tests.support.http.birthdays import save_birthday
from tests.support.http.orders import open_order_client

pytestmark = [pytest.mark.external, pytest.mark.compose, pytest.mark.timeout(2 * PATIENCE_S)]
SERVICES = ("api", "worker", "postgres", "valkey")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """What `make up` starts, with the override."""
    settings = write_settings(tmp_path_factory.mktemp("stack") / "env", QUICK)
    with removed_at_the_end(Stack(settings, (BASE, OVERRIDE))) as stack:
        stack.up()
        yield stack


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    url = f"http://{stack.compose('port', 'api', '8000').strip()}"
    with httpx.Client(base_url=url, timeout=20) as client:
        yield client


def assert_it_works(client: httpx.Client) -> None:
    """Greet John, and see an order shipped: the API, the worker, PostgreSQL and the broker take part."""
    assert save_birthday(client, "John", "1990-05-17").status_code == 204
    assert client.get("/hello/John").json()["message"].startswith("Hello, John! ")
    order_client = open_order_client(client, client)
    order = order_client.ordered()
    assert wait_until(lambda: order_client.read(order).json()["status"] == "SHIPPED", PATIENCE_S)


def test_john_is_greeted_and_an_order_is_shipped(client: httpx.Client) -> None:
    assert_it_works(client)


@pytest.mark.parametrize("service", SERVICES)
def test_a_restart_of_each_service_is_survived(stack: Stack, client: httpx.Client, service: str) -> None:
    save_birthday(client, "Restarted", "1990-05-17")
    stack.compose("restart", service)
    stack.up()
    wait_until_ready(str(client.base_url))
    assert client.get("/hello/Restarted").status_code == 200
    assert_it_works(client)


def test_down_leaves_the_data_and_nothing_else(stack: Stack, client: httpx.Client) -> None:
    save_birthday(client, "Kept", "1990-05-17")
    stack.compose("down")
    of_project = ("--quiet", "--filter=label=com.docker.compose.project=hello")
    assert docker("ps", "--all", *of_project) == ""
    assert docker("network", "ls", *of_project) == ""
    stack.up()
    assert client.get("/hello/Kept").status_code == 200


def test_every_long_running_service_is_healthy_and_comes_back_by_itself(stack: Stack) -> None:
    state = "{{.State.Health.Status}} {{.HostConfig.RestartPolicy.Name}}"
    for service in SERVICES:
        assert docker("inspect", "--format", state, stack.container(service)) == "healthy unless-stopped"


@pytest.mark.parametrize("service", ["api", "worker", "migrate", "settings"])
def test_containers_of_the_product_have_no_privileges(stack: Stack, service: str) -> None:
    hardened = (
        "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.Config.User}}"
    )
    assert (
        docker("inspect", "--format", hardened, stack.container(service))
        == "true [ALL] [no-new-privileges:true] 10001:0"
    )


def test_make_up_and_make_down_are_these_commands(stack: Stack) -> None:
    for target in ("up", "down", "up"):
        made = stack.make(target)
        assert made.returncode == 0, made.stdout + made.stderr
