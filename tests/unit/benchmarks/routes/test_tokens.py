"""Tokens that Hello itself accepts."""

from datetime import UTC, datetime, timedelta

import pytest
from benchmarks.routes.compared_servers import compared_servers
from benchmarks.routes.data import SampleData
from benchmarks.routes.refusals import other_contract
from benchmarks.routes.tokens import LIFETIME_S, SECRET, token_contract

from hello.bootstrap.connectors import access_tokens
from hello.connectors.tokens.pem import token_keys
from hello.core.settings import Settings
from hello.entities.errors import UnauthorizedError


def test_hello_accepts_them(data: SampleData) -> None:
    settings = Settings(secret_key=SECRET)
    reading = access_tokens(settings, token_keys(settings))
    tokens = token_contract().issue(data.accounts)
    assert [reading.read(token).account_id for token in tokens] == data.accounts


def test_hello_refuses_an_expired_and_a_forged_one(data: SampleData) -> None:
    settings = Settings(secret_key=SECRET)
    reading = access_tokens(settings, token_keys(settings))
    past = datetime.now(UTC) - timedelta(seconds=LIFETIME_S)
    tokens = [
        *token_contract().issue(data.accounts[:1], at=lambda: past),
        *other_contract().issue(data.accounts[:1]),
    ]
    for token in tokens:
        with pytest.raises(UnauthorizedError):
            reading.read(token)


def test_peers_get_the_derived_key_and_its_name() -> None:
    contract = token_contract()
    environment = compared_servers(contract)["go"].environment
    assert bytes.fromhex(environment["TOKEN_SECRET"]) == contract.signing.material
    assert environment["TOKEN_KID"] == contract.signing.verifying.kid


def test_only_one_go_peer_batches() -> None:
    servers = compared_servers(token_contract())
    assert servers["go-batching"].environment["BATCHING"] == "on"
    assert "BATCHING" not in servers["go"].environment
