"""An engine that takes two seconds for each answer: events are handled before their time is over."""

from time import monotonic

import pytest
from uuid_utils.compat import uuid7

from hello.bootstrap.search import WRITE_TIMEOUT_S
from hello.connectors.brokers.consumer import MAX_HANDLING_S
from hello.connectors.search.client import SearchOptions, open_search_client
from hello.connectors.search.writer import EngineIndexWriter
from hello.services.item_indexing import ItemIndexing
from tests.search.indexes import Indexes
from tests.search.slow import slow
from tests.support.builders import NOON, a_change, an_account, an_item
from tests.twins.events import TwinMetrics, an_event, fixed
from tests.twins.transaction import TwinUnitOfWork

pytestmark = [pytest.mark.search, pytest.mark.timeout(300)]
SLOW_S = 2


async def test_changes_and_removals_are_indexed_in_time(
    indexes: Indexes, search_url: str, twin: TwinUnitOfWork
) -> None:
    await indexes.build()
    kite, ball = an_item(an_account(), "A kite"), an_item(an_account(), "A ball")
    await indexes.writer.put([ball])
    async with twin.begin() as tx:
        await tx.items.add(kite, a_change(kite.id))
    events = [
        an_event(str(kite.id), "item.created"),
        an_event(str(ball.id), "item.deleted"),
        an_event(str(uuid7()), "item.deleted"),
    ]
    async with slow(search_url, SLOW_S) as url:
        options = SearchOptions(url=url, api_key=None, index=indexes.alias, timeout_s=WRITE_TIMEOUT_S)
        async with open_search_client(options) as client:
            metrics = TwinMetrics()
            indexing = ItemIndexing(
                begin=twin.begin, writer=EngineIndexWriter(client), metrics=metrics, now=fixed(NOON)
            )
            start = monotonic()
            await indexing.handle(events)
            seconds = monotonic() - start
    assert SLOW_S < seconds < MAX_HANDLING_S
    assert metrics.outcomes == {"search handled": len(events)}
    assert await indexes.titles() == {kite.id: "A kite"}
