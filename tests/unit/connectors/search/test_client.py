"""What an operator reads about a fault of a search engine."""

import ssl

import pytest
from opensearchpy.exceptions import (
    ConnectionError as UnreachableError,
)
from opensearchpy.exceptions import (
    ConnectionTimeout,
    OpenSearchException,
    SerializationError,
    TransportError,
)

from hello.connectors.search.client import reason_of


def unreachable(cause: Exception) -> OpenSearchException:
    return UnreachableError("N/A", str(cause), cause)


REASONS = [
    (unreachable(ssl.SSLCertVerificationError()), "certificate of the search engine is not accepted"),
    (unreachable(ssl.SSLError()), "does not accept TLS"),
    (ConnectionTimeout("TIMEOUT", "slow"), "did not answer in time"),
    (unreachable(ConnectionRefusedError()), "cannot be reached"),
    (TransportError(401, "security_exception"), "refuses the user, the password or the API key"),
    (TransportError(403, "cluster_block_exception"), "read-only"),
    (TransportError(404, "index_not_found_exception"), "hello search reindex"),
    (TransportError(429, "es_rejected_execution_exception"), "overloaded"),
    (TransportError(503, "no_shard_available"), "answered 503 (no_shard_available)"),
    (TransportError(520, "a status of some proxies"), "answered 520 (a status of some proxies)"),
    (SerializationError("<html>", ValueError()), "cannot be read (SerializationError)"),
]


@pytest.mark.parametrize(("error", "words"), REASONS, ids=[words for _, words in REASONS])
def test_reason_says_what_is_wrong(error: OpenSearchException, words: str) -> None:
    assert words in reason_of(error)
