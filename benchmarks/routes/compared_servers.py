"""The servers that have all routes, and the environment of each."""

from collections.abc import Mapping
from dataclasses import replace

from benchmarks import builds, versions
from benchmarks.routes.tokens import TokenContract
from benchmarks.servers import GO, Server, go_peer, our_server

HELLO_OFF, GO_BATCHING, RUST = "hello-off", "go-batching", "rust"
PEERS = (GO, GO_BATCHING, RUST)
LIMITED = ("ACCOUNTS", "ITEMS", "SEARCH", "ORDERS")
NEVER_REACHED = "1000000000/minute"
PATIENT = {"DATABASE_DEADLINE_S": "30"}
"""On a busy machine a request is late, and no reason to end the run."""


def compared_servers(contract: TokenContract) -> dict[str, Server]:
    """Return all servers by name; limits are counted, and never reached."""
    limits = {f"RATE_LIMIT_{group}": NEVER_REACHED for group in LIMITED}
    environment = {**limits, **PATIENT, **contract.environment}
    servers = [our_server("on"), our_server("off"), go_peer(), batching_go_peer(), rust_peer()]
    return {server.name: with_environment(server, environment) for server in servers}


def with_environment(server: Server, environment: Mapping[str, str]) -> Server:
    return replace(server, environment={**server.environment, **environment})


def batching_go_peer() -> Server:
    return replace(
        go_peer(),
        name=GO_BATCHING,
        title="the same with natural batching",
        environment={"BATCHING": "on"},
    )


def rust_peer() -> Server:
    return Server(
        name=RUST,
        title="Rust axum, tokio-postgres",
        versions=versions.rust,
        prepare=builds.rust_peer,
        command=lambda *_: [builds.RUST],
    )
