"""The client of a real engine: credentials, certificates, and what an operator reads when it fails."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from hello.connectors.search.client import (
    RefusedQueryError,
    SearchClient,
    SearchOptions,
    SearchProbe,
    open_search_client,
)
from hello.connectors.search.item_index import EngineItemIndex
from hello.entities.errors import UnavailableError
from hello.entities.search import SearchText
from hello.services.search import ItemSearch
from tests.search.engine import Engine
from tests.search.front import Front, running_front
from tests.search.indexes import Indexes
from tests.support.builders import an_account, an_item
from tests.support.programs.ports import HOST, free_port

pytestmark = [pytest.mark.search, pytest.mark.timeout(300)]
REFUSED = "the search engine refuses the user, the password or the API key"
NO_ALIAS = "the index is missing: the worker builds it, and so does `hello search reindex`"


@pytest.fixture(scope="module")
def front(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running_front(engine, tmp_path_factory.mktemp("front")) as front:
        yield front


@pytest.fixture
def expected(engine_name: str) -> str:
    """What answers say about the engine."""
    return engine_name.rstrip("23")


@asynccontextmanager
async def opened(url: str, api_key: str | None = None, timeout_s: float = 20) -> AsyncIterator[SearchClient]:
    options = SearchOptions(url=url, api_key=api_key, index="no-such-index", timeout_s=timeout_s)
    async with open_search_client(options) as client:
        yield client


async def failure(url: str, api_key: str | None = None, timeout_s: float = 20) -> str | None:
    """Return why the engine cannot be used."""
    async with opened(url, api_key, timeout_s) as client:
        with pytest.raises(UnavailableError) as caught:
            await client.engine()
    return caught.value.reason


def with_user(front: Front, user: str, password: str) -> str:
    return front.url.replace("https://", f"https://{user}:{password}@") + f"?cafile={front.authority}"


async def test_engine_is_named(search_url: str, expected: str) -> None:
    async with opened(search_url) as client:
        assert [await client.engine(), await client.engine()] == [expected, expected]


async def test_user_and_password_are_sent_through_tls(front: Front, expected: str) -> None:
    async with opened(with_user(front, front.user, front.password)) as client:
        assert await client.engine() == expected


async def test_api_key_is_sent_through_tls(front: Front, expected: str) -> None:
    async with opened(f"{front.url}?cafile={front.authority}", front.api_key) as client:
        assert await client.engine() == expected


async def test_wrong_credentials_are_named_as_the_reason(front: Front) -> None:
    url = f"{front.url}?cafile={front.authority}"
    assert await failure(with_user(front, front.user, "wrong")) == REFUSED
    assert await failure(url, front.api_key.swapcase()) == REFUSED
    assert await failure(url) == REFUSED


async def test_certificate_of_an_unknown_authority_is_named_as_the_reason(front: Front) -> None:
    assert await failure(front.url, front.api_key) == "the certificate of the search engine is not accepted"


async def test_refused_connection_is_named_as_the_reason() -> None:
    url = f"http://{HOST}:{free_port()}"
    assert await failure(url) == "the search engine cannot be reached"


async def test_unknown_host_is_named_as_the_reason() -> None:
    assert await failure("http://no-such-host.invalid:9200") == "the search engine cannot be reached"


async def test_plain_http_to_a_tls_server_is_named_as_the_reason(front: Front) -> None:
    url = front.url.replace("https://", "http://")
    assert str(await failure(url)).startswith("the search engine answered 400")


async def test_tls_to_a_plain_server_is_named_as_the_reason(search_url: str) -> None:
    url = search_url.replace("http://", "https://")
    assert await failure(url) == "the search engine does not accept TLS, or wants a certificate"


async def test_time_out_is_named_as_the_reason_and_the_engine_is_asked_again(
    engine: Engine, expected: str
) -> None:
    async with opened(engine.url, timeout_s=0.5) as client:
        engine.freeze()
        try:
            with pytest.raises(UnavailableError) as caught:
                await client.engine()
        finally:
            engine.resume()
        assert caught.value.reason == "the search engine did not answer in time"
    async with opened(engine.url) as client:
        assert await client.engine() == expected


async def test_probe_needs_an_index_that_can_be_searched(indexes: Indexes) -> None:
    probe = SearchProbe(indexes.client)
    assert (probe.name, probe.required) == ("search", False)
    with pytest.raises(UnavailableError) as caught:
        await probe.check()
    assert caught.value.reason == NO_ALIAS
    await indexes.build()
    assert await probe.check() is None


async def test_search_terms_are_not_logged(indexes: Indexes, caplog: pytest.LogCaptureFixture) -> None:
    """Neither of a search that works nor of one that fails."""
    caplog.set_level(logging.INFO)
    index, wanted = EngineItemIndex(indexes.client), ItemSearch(text=SearchText.parse("saxophone"))
    with pytest.raises(UnavailableError):
        await index.search(wanted)
    await indexes.build()
    await indexes.writer.put([an_item(an_account(), "A saxophone")])
    await indexes.titles()
    assert (await index.search(wanted)).total == 1
    assert await index.suggest("saxoph", 10) == ["A saxophone"]
    assert "saxoph" not in caplog.text


async def test_query_that_the_engine_refuses_is_no_outage(indexes: Indexes) -> None:
    await indexes.build()
    await indexes.writer.put([an_item(an_account(), "A kite")])
    too_many = SearchText.parse(" ".join(f"x{number}" for number in range(5_000)))
    with pytest.raises(RefusedQueryError):
        await EngineItemIndex(indexes.client).search(ItemSearch(text=too_many))
