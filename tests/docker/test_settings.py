"""Settings reach every container, and an incomplete production is refused; run by `make test_compose`."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hello.connectors.tokens.pem import new_signing_key
from tests.docker.stack import (
    PATIENCE_S,
    QUICK,
    Stack,
    docker,
    removed_at_the_end,
    wait_until_ready,
    write_settings,
)
from tests.support.http.accounts import bearer, signed_up
from tests.support.http.birthdays import save_birthday
from tests.support.paths import REPOSITORY

pytestmark = [pytest.mark.external, pytest.mark.compose, pytest.mark.timeout(2 * PATIENCE_S)]
PRODUCTION = {
    "ENVIRONMENT": "production",
    "POSTGRES_PASSWORD": "eiNg4ooz",
    "SECRET_KEY": "'s$ecret of ${production}, 32 or more characters'",
    "TOKEN_SIGNING_KEY": new_signing_key().replace("\n", r"\n"),
    "ADMIN_TOKEN": "t" * 40,
    "TRUSTED_PROXIES": "0.0.0.0/0",
}
PRODUCT = ("api", "worker", "migrate", "settings")
DECIDED = {"ENVIRONMENT", "HOST", "WORKER_HOST", "POSTGRES_HOST", "POSTGRES_PORT"}
"""What Compose knows better than a file that also serves outside of it."""


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    settings = write_settings(tmp_path_factory.mktemp("production") / "env", PRODUCTION | QUICK)
    with removed_at_the_end(Stack(settings)) as stack:
        stack.up()
        yield stack


@pytest.fixture
def client(production: Stack) -> Iterator[httpx.Client]:
    url = production.url("api", 8000)
    wait_until_ready(url)
    with httpx.Client(base_url=url, timeout=20) as client:
        yield client


def test_production_greets_without_the_override(client: httpx.Client) -> None:
    assert save_birthday(client, "John", "1990-05-17").status_code == 204
    assert client.get("/hello/John").json()["message"].startswith("Hello, John! ")


def test_tokens_are_signed_with_the_key_of_the_file(client: httpx.Client) -> None:
    header = str(signed_up(client).tokens["access_token"]).split(".")[0]
    assert json.loads(base64.urlsafe_b64decode(header + "=="))["alg"] == "EdDSA"


def test_the_admin_token_of_the_file_opens_the_audit_trail(client: httpx.Client) -> None:
    assert client.get("/api/v1/audit", headers=bearer(PRODUCTION["ADMIN_TOKEN"])).status_code == 200


def test_published_ports_are_left_to_the_operator(production: Stack) -> None:
    ports = "{{.HostConfig.PortBindings}}"
    assert {docker("inspect", "-f", ports, production.container(name)) for name in PRODUCT} == {"map[]"}


@pytest.fixture
def refused(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path / "env", variables={"COMPOSE_PROJECT_NAME": "refused"})
    write_settings(stack.env_file, {})
    with removed_at_the_end(stack):
        yield stack


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "SECRET_KEY", "TOKEN_SIGNING_KEY"])
def test_incomplete_production_is_refused_by_name(refused: Stack, name: str) -> None:
    write_settings(refused.env_file, {key: value for key, value in PRODUCTION.items() if key != name})
    made = refused.make("up")
    assert made.returncode != 0
    assert re.search(rf"hello: .*{name}", made.stdout + made.stderr)
    assert docker("inspect", "-f", "{{.State.Status}}", refused.container("postgres")) == "created"


def test_a_password_that_was_missing_can_be_added(refused: Stack) -> None:
    """PostgreSQL keeps the password of its first start: it must not have had one with the default."""
    write_settings(refused.env_file, PRODUCTION | {"POSTGRES_PASSWORD": ""})
    assert refused.make("up").returncode != 0
    write_settings(refused.env_file, PRODUCTION)
    refused.up()


def environment_of(stack: Stack, service: str) -> dict[str, str]:
    described = json.loads(stack.compose("config", "--format=json"))
    found: dict[str, str] = described["services"][service]["environment"]
    return found


@pytest.mark.parametrize("service", PRODUCT)
def test_every_setting_of_the_example_is_passed(service: str, tmp_path: Path) -> None:
    example = re.findall(
        r"^(?:# )?([A-Z][A-Z0-9_]+)=", (REPOSITORY / ".env.example").read_text(), re.MULTILINE
    )
    wanted = {name: f"value of {name.lower()}" for name in example}
    stack = Stack(write_settings(tmp_path / "env", wanted))
    passed = environment_of(stack, service)
    assert {name: passed.get(name) for name in wanted if name not in DECIDED} == {
        name: value for name, value in wanted.items() if name not in DECIDED
    }


@pytest.mark.parametrize("name", ["DATABASE_URL", "BROKER_URL", "ADMIN_TOKEN", *PRODUCTION])
def test_the_shell_wins_over_the_file(name: str, tmp_path: Path) -> None:
    stack = Stack(write_settings(tmp_path / "env", {name: "of the file"}), variables={name: "of the shell"})
    assert environment_of(stack, "worker")[name] == "of the shell"


def test_the_example_as_it_stands_is_a_good_file(tmp_path: Path) -> None:
    stack = Stack(write_settings(tmp_path / "env", {}))
    stack.env_file.write_text((REPOSITORY / ".env.example").read_text())
    ran = docker(
        "run",
        "--rm",
        *(f"--env={k}={v}" for k, v in environment_of(stack, "api").items() if v),
        "hello",
        "check",
    )
    assert ran == "The settings are complete."
