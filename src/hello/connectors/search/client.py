"""Connect to Elasticsearch or OpenSearch, and say in an operator's words what is wrong with it."""

import logging
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from opensearchpy import AsyncOpenSearch, AsyncTransport
from opensearchpy.exceptions import ConnectionError as UnreachableError
from opensearchpy.exceptions import ConnectionTimeout, OpenSearchException, TransportError

from hello.connectors.search.traced_transport import traced_transport
from hello.core.search_urls import read_search_url
from hello.core.traces import Tracer
from hello.core.urls import UrlParts
from hello.entities.errors import UnavailableError
from hello.services.search import Engine

PORT = 9200
MAX_CONNECTIONS = 20
REASONS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "the search engine refuses the user, the password or the API key",
    HTTPStatus.FORBIDDEN: "the search engine forbids this, or the index is read-only (is its disk full?)",
    HTTPStatus.NOT_FOUND: "the index is missing: the worker builds it, and so does `hello search reindex`",
    HTTPStatus.TOO_MANY_REQUESTS: "the search engine is overloaded, or its disk is full",
}
LOGGERS = ("opensearch", "opensearchpy.trace")
"""The client logs each request here, with what is searched for."""
LIMIT = "too_many_nested_clauses"
"""OpenSearch 2 answers 500 to such a query, OpenSearch 3 and Elasticsearch 400."""
OPENSEARCH_ONLY = {"discovered_cluster_manager", "discovered_master"}
"""Fields of OpenSearch's cluster health."""


class RefusedQueryError(UnavailableError):
    """The engine cannot answer this query, but others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """`index` is the alias of the index in use; `timeout_s` bounds each request."""

    url: str = field(repr=False)
    api_key: str | None = field(repr=False)
    index: str
    timeout_s: float
    tracer: Tracer | None = None


@dataclass(slots=True)
class SearchClient:
    client: AsyncOpenSearch
    index: str
    _engine: Engine | None = None

    async def engine(self) -> Engine:
        """Return which engine answers; it is asked once."""
        if self._engine is None:
            with unavailable():
                health = await self.client.cluster.health()
            self._engine = "opensearch" if OPENSEARCH_ONLY & health.keys() else "elasticsearch"
        return self._engine


@asynccontextmanager
async def open_search_client(options: SearchOptions) -> AsyncIterator[SearchClient]:
    """Connect at the first use. Do not retry: who asks decides how long a fault may take."""
    parts = read_search_url(options.url)
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    client = AsyncOpenSearch(
        hosts=[host(parts, name, port) for name, port in parts.hosts],
        http_auth=(parts.user, parts.password) if parts.user else None,
        headers={"Authorization": f"ApiKey {options.api_key}"} if options.api_key else {},
        ssl_context=tls(parts) if parts.scheme == "https" else None,
        timeout=options.timeout_s,
        maxsize=MAX_CONNECTIONS,
        max_retries=0,
        retry_on_timeout=False,
        transport_class=traced_transport(options.tracer) if options.tracer else AsyncTransport,
    )
    try:
        yield SearchClient(client, options.index)
    finally:
        await client.close()


def host(parts: UrlParts, name: str, port: int | None) -> dict[str, Any]:
    return {
        "host": name,
        "port": port or PORT,
        "use_ssl": parts.scheme == "https",
        "url_prefix": parts.path,
    }


def tls(parts: UrlParts) -> ssl.SSLContext:
    """Verify the server by `cafile`, else by the system's certificates; send it `certfile`, if given."""
    context = ssl.create_default_context(cafile=parts.query.get("cafile"))
    if certificate := parts.query.get("certfile"):
        context.load_cert_chain(certificate, parts.query.get("keyfile"))
    return context


@contextmanager
def unavailable() -> Iterator[None]:
    """Raise `UnavailableError` for each fault of the engine, which is never needed to answer."""
    try:
        yield
    except OpenSearchException as error:
        if is_refused(error):
            raise RefusedQueryError("the search engine refuses a query", reason=reason_of(error)) from error
        raise UnavailableError("the search engine is unavailable", reason=reason_of(error)) from error


def is_refused(error: OpenSearchException) -> bool:
    """Say whether the engine itself refuses the query, not a proxy before it."""
    causes = causes_of(error)
    return LIMIT in causes or bool(causes and error.args[0] == HTTPStatus.BAD_REQUEST)


def causes_of(error: OpenSearchException) -> Sequence[str]:
    """Return the types of the causes that the engine names."""
    match error.args:
        case (int(), str(), {"error": {"root_cause": [*causes]}}):
            return [cause.get("type", "") for cause in causes]
        case _:
            return []


def reason_of(error: OpenSearchException) -> str:
    cause = error.args[-1] if error.args else None
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "the certificate of the search engine is not accepted"
    if isinstance(cause, ssl.SSLError):
        return "the search engine does not accept TLS, or wants a certificate"
    if isinstance(error, ConnectionTimeout):
        return "the search engine did not answer in time"
    if isinstance(error, UnreachableError):
        return "the search engine cannot be reached"
    if isinstance(error, TransportError) and isinstance(error.status_code, int):
        what = ", ".join(causes_of(error)) or error.error
        otherwise = f"the search engine answered {error.status_code} ({what})"
        return REASONS.get(error.status_code, otherwise)
    return f"the search engine gave an answer that cannot be read ({type(error).__name__})"


@dataclass(frozen=True, slots=True)
class SearchProbe:
    """Shows in readiness whether the engine has an index that can be searched."""

    client: SearchClient
    name: str = "search"
    required: bool = False

    async def check(self) -> str | None:
        body = {"size": 0, "track_total_hits": False}
        with unavailable():
            await self.client.client.search(index=self.client.index, body=body)
        return None
