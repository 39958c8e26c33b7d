"""The commands that ask a running service, as a person or a script calls them."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.cli import assert_one_error_line, run_hello
from tests.support.http.accounts import PASSWORD, client_of
from tests.support.http.birthdays import save_birthday
from tests.support.http.orders import SETTINGS, OrderClient, advance_orders, open_order_client
from tests.support.http.running import HELLO, Running, running_api
from tests.support.polling import until
from tests.support.postgres_proxy import Proxy

pytestmark = pytest.mark.external
SHORT_TOKENS = {"TOKEN_LIFETIME_S": "1", "TOKEN_LEEWAY_S": "0"}
NO_ACCESS = {"HELLO_TOKEN": "", "HELLO_PASSWORD": ""}


@pytest.fixture(scope="module")
def url(order_client: OrderClient) -> str:
    return str(order_client.client.base_url)


def token_of(order_client: OrderClient) -> str:
    return str(order_client.ada.tokens["access_token"])


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


def logged(api: Running, words: str) -> int:
    return sum(words in line for line in list(api.printed))


@asynccontextmanager
async def watching(
    url: str, path: str, *arguments: str, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `hello orders watch`; its input is empty."""
    process = await asyncio.create_subprocess_exec(
        *HELLO,
        *("orders", "watch", id_of(path), "--url", url, *arguments),
        env=os.environ | NO_ACCESS | environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def line_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout
    return (await process.stdout.readline()).decode()


async def rest_of(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    """Return the exit status, and what is left of the output and of the messages."""
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """Yield a proxy of the service that can cut its connections, and its address."""
    place = urlsplit(url)
    proxy = Proxy(partial(asyncio.open_connection, place.hostname, place.port))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield proxy, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        proxy.cut()
        server.close()


def test_greeting_is_printed(order_client: OrderClient, url: str) -> None:
    result = run_hello("greet", order_client.john, "--url", url)
    greeting = order_client.client.get(f"/hello/{order_client.john}").json()
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{greeting['message']}\n", "")
    as_json = run_hello("greet", order_client.john, "--json", HELLO_URL=url)
    assert (as_json.returncode, json.loads(as_json.stdout)) == (0, greeting)


@pytest.mark.parametrize(
    ("variables", "is_coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colours_are_for_terminals_without_no_color(
    order_client: OrderClient,
    url: str,
    variables: dict[str, str],
    is_coloured: bool,  # noqa: FBT001
) -> None:
    result = run_hello(
        "greet", order_client.john, HELLO_URL=url, **{"NO_COLOR": "", "FORCE_COLOR": ""} | variables
    )
    assert ("\x1b[" in result.stdout) == is_coloured


@pytest.mark.parametrize(
    ("name", "words"),
    [("Unheardof", "no user named Unheardof"), ("J0hn", "letters"), ("..", "letters"), ("a/b", "letters")],
)
def test_problem_is_one_line(url: str, name: str, words: str) -> None:
    assert_one_error_line(run_hello("greet", name, "--url", url), words)


def test_missing_service_is_one_line() -> None:
    address = "http://127.0.0.1:1"
    for command in (("greet", "John"), ("birthdays", "today"), ("birthdays", "upcoming")):
        assert_one_error_line(run_hello(*command, "--url", address), f"no service at {address}: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("greet",),
        ("greet", "John", "--url", "ftp://hello.example"),
        ("birthdays", "upcoming", "--days", "367"),
        ("orders", "watch", "7"),
        ("orders", "watch", "01a21ff6-6339-74a0-b6d3-239837fcd54a"),
        ("orders", "watch", "01a21ff6-6339-74a0-b6d3-239837fcd54a", "--token", "a b"),
    ],
)
def test_wrong_usage_is_status_2(arguments: tuple[str, ...]) -> None:
    result = run_hello(*arguments, **NO_ACCESS)
    assert (result.returncode, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr


def test_birthdays_are_listed(order_client: OrderClient, url: str) -> None:
    today = order_client.client.get("/api/v1/birthdays/today").json()["date"]
    name = a_name()
    born = f"1988{today[4:]}"
    assert save_birthday(order_client.client, name, born).status_code == 204
    for command in ("today", "upcoming"):
        listed = run_hello("birthdays", command, "--all", "--json", "--url", url)
        page = json.loads(listed.stdout)
        assert (listed.returncode, page["next_cursor"], page["date"]) == (0, None, today)
        assert (name in {person["username"] for person in page["people"]}) == (command == "today")
    shown = run_hello("birthdays", "today", "--all", "--url", url)
    assert [line for line in shown.stdout.splitlines() if line.endswith(f"  {name}")]


def test_long_list_is_read_page_by_page(order_client: OrderClient, url: str) -> None:
    today = order_client.client.get("/api/v1/birthdays/today").json()["date"]
    names = {a_name() for _ in range(120)}
    for name in names:
        assert save_birthday(order_client.client, name, f"1988{today[4:]}").status_code == 204
    page = json.loads(run_hello("birthdays", "today", "--all", "--json", "--url", url).stdout)
    found = [person["username"] for person in page["people"]]
    assert found == sorted(set(found))
    assert names <= set(found)


def test_private_lists_need_access(servers: Servers) -> None:
    with running_api(servers, BIRTHDAY_LISTS="accounts", **SETTINGS) as api, client_of(api) as client:
        order_client = open_order_client(client, client)
        assert_one_error_line(run_hello("birthdays", "today", HELLO_URL=api.url, HELLO_TOKEN=""), "token")
        with_token = run_hello("birthdays", "today", HELLO_URL=api.url, HELLO_TOKEN=token_of(order_client))
        assert (with_token.returncode, with_token.stderr.count("hello: ") <= 1) == (0, True)


async def test_shipped_order_is_watched_to_its_end(
    order_client: OrderClient, url: str, servers: Servers
) -> None:
    path = order_client.ordered()
    async with watching(url, path, "--json", HELLO_TOKEN=token_of(order_client)) as process:
        assert json.loads(await line_of(process)) == order_client.read(path).json()
        for status in ("CONFIRMED", "SHIPPED"):
            await advance_orders(servers)
            assert json.loads(await line_of(process))["status"] == status
        assert await rest_of(process) == (0, "", "")


async def test_cancelled_order_is_status_3(order_client: OrderClient, url: str) -> None:
    path = order_client.ordered()
    async with watching(url, path, "--token", token_of(order_client)) as process:
        assert "created: 1 \N{MULTIPLICATION SIGN} A kite, 19.99" in await line_of(process)
        assert order_client.cancel(path).status_code == 204
        assert "cancelled" in await line_of(process)
        assert await rest_of(process) == (3, "", "")


async def test_watching_survives_a_lost_connection(order_client: OrderClient, url: str) -> None:
    """Each change is printed once, those that happen meanwhile included."""
    path = order_client.ordered()
    async with (
        proxied(url) as (proxy, address),
        watching(address, path, "--json", HELLO_TOKEN=token_of(order_client)) as process,
    ):
        assert json.loads(await line_of(process))["version"] == 1
        proxy.cut()
        assert order_client.replace(path, order_client.wanted(2), if_match="*").status_code == 200
        assert json.loads(await line_of(process))["version"] == 2
        proxy.cut()
        order_client.cancel(path)
        assert json.loads(await line_of(process))["version"] == 3
        status, rest, messages = await rest_of(process)
    assert (status, rest) == (3, "")
    lines = messages.splitlines()
    assert len(lines) == 2, messages
    assert all(line.startswith(f"hello: no answer from {address}: ") for line in lines)


async def test_watching_survives_a_restart(servers: Servers) -> None:
    with running_api(servers, **SETTINGS) as api, client_of(api) as client:
        order_client = open_order_client(client, client)
        path, port = order_client.ordered(), str(urlsplit(api.url).port)
        async with watching(api.url, path, "--json", HELLO_TOKEN=token_of(order_client)) as process:
            await line_of(process)
            assert api.stop() == 0
            assert process.stderr
            assert b"no service at" in await process.stderr.readline()
            with running_api(servers, "--port", port, **SETTINGS):
                order_client.cancel(path)
                assert json.loads(await line_of(process))["status"] == "CANCELLED"
                status, _, _ = await rest_of(process)
    assert status == 3


async def test_log_in_outlives_the_access_token_and_ends_with_the_command(
    order_client: OrderClient, servers: Servers
) -> None:
    path, email = order_client.ordered(), order_client.ada.account["email"]
    with running_api(servers, **SETTINGS, **SHORT_TOKENS) as api:
        async with watching(api.url, path, "--json", "--email", email, HELLO_PASSWORD=PASSWORD) as process:
            await line_of(process)
            until(lambda: logged(api, "POST /api/v1/users/refresh 200") > 0)
            order_client.cancel(path)
            assert json.loads(await line_of(process))["status"] == "CANCELLED"
            assert await rest_of(process) == (3, "", "")
        until(lambda: logged(api, "POST /api/v1/users/logout 204") == 1)
        assert logged(api, "POST /api/v1/users/login 200") == 1


async def test_expired_token_ends_watching(order_client: OrderClient, url: str) -> None:
    async with watching(url, order_client.ordered(), HELLO_TOKEN="expired") as process:  # noqa: S106
        status, out, err = await rest_of(process)
    assert (status, out) == (1, "")
    assert err.startswith("hello: the access token")


async def test_wrong_password_is_one_line(order_client: OrderClient, url: str) -> None:
    email = order_client.ada.account["email"]
    async with watching(url, order_client.ordered(), "--email", email, HELLO_PASSWORD="wrong") as process:  # noqa: S106
        assert await rest_of(process) == (1, "", "hello: the e-mail or the password is wrong\n")


async def test_order_of_another_account_is_not_there(order_client: OrderClient, url: str) -> None:
    token = order_client.grace.tokens["access_token"]
    async with watching(url, order_client.ordered(), HELLO_TOKEN=token) as process:
        status, out, err = await rest_of(process)
    assert (status, out, err.count("\n")) == (1, "", 1)


@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        ("bash", {"COMP_WORDS": "hello birthdays up", "COMP_CWORD": "2"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "hello birthdays up"}),
        ("fish", {"_TYPER_COMPLETE_ARGS": "hello birthdays up", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
    ],
)
def test_shell_completes_commands(shell: str, variables: dict[str, str]) -> None:
    command = Path(sys.executable).with_name("hello")

    def asked(what: str) -> str:
        environment = os.environ | variables | {"_HELLO_COMPLETE": f"{what}_{shell}"}
        return subprocess.check_output([command], env=environment, text=True, timeout=60)

    assert f"complete_{shell}" in asked("source")
    assert "upcoming" in asked("complete")
