"""The promises of the port `CalendarFeeds`, kept by the twin and by PostgreSQL alike."""

from uuid import UUID

import pytest

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.accounts import Account
from hello.entities.calendar_feeds import CalendarFeed
from hello.services.ports import Begin
from tests.support.builders import NOON, a_change
from tests.twins.transaction import TwinUnitOfWork


class CalendarFeedsContract:
    async def test_stored_feed_is_found_by_its_hash_only(self, begin: Begin, ada: Account) -> None:
        await store(begin, ada, b"\0one\xff")
        assert await owner(begin, b"\0one\xff") == ada.id
        for wrong in (b"\0one", b"\0ONE\xff", b"", b"%"):
            assert await owner(begin, wrong) is None

    async def test_new_feed_replaces_the_former_one_of_its_account_only(
        self, begin: Begin, ada: Account, bob: Account
    ) -> None:
        await store(begin, ada, b"ada 1")
        await store(begin, bob, b"bob")
        await store(begin, ada, b"ada 2")
        found = [await owner(begin, key) for key in (b"ada 1", b"ada 2", b"bob")]
        assert found == [None, ada.id, bob.id]

    async def test_removed_feed_is_not_found_and_others_are(
        self, begin: Begin, ada: Account, bob: Account
    ) -> None:
        for account, key in ((ada, b"ada"), (bob, b"bob")):
            await store(begin, account, key)
        async with begin() as tx:
            await tx.calendar_feeds.remove(ada.id, a_change(ada.id, "calendar_feed.revoked"))
        assert [await owner(begin, key) for key in (b"ada", b"bob")] == [None, bob.id]

    async def test_only_effective_changes_of_a_feed_are_audited(self, begin: Begin, ada: Account) -> None:
        for key in (b"one", b"two"):
            await store(begin, ada, key)
        for _ in range(2):
            async with begin() as tx:
                await tx.calendar_feeds.remove(ada.id, a_change(ada.id, "calendar_feed.revoked"))
        async with begin() as tx:
            trail = [entry.action for entry in await tx.audit.page(ada.id, None, 9)]
        created = ["calendar_feed.created"] * 2
        assert trail == ["calendar_feed.revoked", *created, "account.registered"]

    async def test_error_rolls_back_the_feed_and_its_audit_entry(self, begin: Begin, ada: Account) -> None:
        with pytest.raises(ZeroDivisionError):
            async with begin() as tx:
                await tx.calendar_feeds.replace(a_feed(ada, b"key"), a_change(ada.id))
                raise ZeroDivisionError
        assert await owner(begin, b"key") is None
        async with begin() as tx:
            assert len(await tx.audit.page(ada.id, None, 9)) == 1


def a_feed(account: Account, key_hash: bytes) -> CalendarFeed:
    return CalendarFeed(account_id=account.id, key_hash=key_hash, created_at=NOON)


async def store(begin: Begin, account: Account, key_hash: bytes) -> None:
    async with begin() as tx:
        record = a_change(account.id, "calendar_feed.created")
        await tx.calendar_feeds.replace(a_feed(account, key_hash), record)


async def owner(begin: Begin, key_hash: bytes) -> UUID | None:
    async with begin() as tx:
        return await tx.calendar_feeds.find(key_hash)


class TestTwin(CalendarFeedsContract):
    @pytest.fixture
    def begin(self, twin: TwinUnitOfWork) -> Begin:
        return twin.begin


@pytest.mark.integrated
class TestPostgres(CalendarFeedsContract):
    @pytest.fixture
    def begin(self, rolled_back: PostgresUnitOfWork) -> Begin:
        return rolled_back.begin
