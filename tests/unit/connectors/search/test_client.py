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

from hello.connectors.search.client import RefusedQueryError, reason_of, unavailable
from hello.entities.errors import UnavailableError


def unreachable(cause: Exception) -> OpenSearchException:
    return UnreachableError("N/A", str(cause), cause)


def caused_by(cause: str, status: int) -> OpenSearchException:
    return TransportError(status, "search_failed", {"error": {"root_cause": [{"type": cause}]}})


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
    (caused_by("too_many_nested_clauses", 400), "answered 400 (too_many_nested_clauses)"),
    (SerializationError("<html>", ValueError()), "cannot be read (SerializationError)"),
]


@pytest.mark.parametrize(("error", "words"), REASONS, ids=[words for _, words in REASONS])
def test_reason_says_what_is_wrong(error: OpenSearchException, words: str) -> None:
    assert words in reason_of(error)


REFUSED = [
    caused_by("too_many_nested_clauses", 400),
    caused_by("too_many_nested_clauses", 500),
    caused_by("query_shard_exception", 400),
]
OUTAGES = [
    caused_by("circuit_breaking_exception", 429),
    caused_by("index_not_found_exception", 404),
    caused_by("no_shard_available", 503),
    TransportError(400, "The plain HTTP request was sent to HTTPS port"),
    TransportError(400, "a proxy", {"error": "a proxy"}),
    ConnectionTimeout("TIMEOUT", "slow"),
]


@pytest.mark.parametrize("error", REFUSED, ids=repr)
def test_query_that_the_engine_refuses_is_no_outage(error: OpenSearchException) -> None:
    with pytest.raises(RefusedQueryError), unavailable():
        raise error


@pytest.mark.parametrize("error", OUTAGES, ids=repr)
def test_fault_of_all_queries_is_an_outage(error: OpenSearchException) -> None:
    with pytest.raises(UnavailableError) as caught, unavailable():
        raise error
    assert not isinstance(caught.value, RefusedQueryError)
