"""Accounts, sessions and items on PostgreSQL, when several requests want to change the same at once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.accounts import email_key
from hello.entities.errors import ConflictError, NotFoundError, StaleError, UnauthorizedError
from hello.entities.items import ItemView
from hello.services.items import ItemContent
from hello.services.lookups import Lookups
from hello.services.security import Caller
from hello.services.sessions import Tokens
from tests.support.catalogue import KITE, Catalogue

pytestmark = pytest.mark.integrated
AT_ONCE = 8


@pytest.fixture
def catalogue(unit_of_work: PostgresUnitOfWork, lookups: Lookups) -> Catalogue:
    """What it stores stays."""
    return Catalogue(unit_of_work.begin, lookups=lookups)


@pytest.fixture
async def ada(catalogue: Catalogue) -> Caller:
    return await catalogue.register()


async def outcomes(*work: Awaitable[object]) -> Counter[type]:
    """Count what became of each."""
    return Counter(map(type, await asyncio.gather(*work, return_exceptions=True)))


async def noted(catalogue: Catalogue, subject_id: UUID) -> Counter[str]:
    entries, _ = await catalogue.audit.page(subject_id, None, 1000)
    return Counter(entry.action for entry in entries)


async def test_concurrent_registrations_of_one_e_mail_create_one_account(
    catalogue: Catalogue, unit_of_work: PostgresUnitOfWork
) -> None:
    email = catalogue.email
    others = [Catalogue(catalogue.begin, email=spelt) for spelt in (email.upper(), email.lower(), email) * 2]
    found = await outcomes(*(other.register() for other in others))
    assert found == {Caller: 1, ConflictError: 5}
    async with unit_of_work.begin() as tx:
        account = await tx.accounts.find_by_email(email_key(email))
    assert account
    assert await noted(catalogue, account.id) == {"account.registered": 1}


async def test_concurrent_changes_of_one_item_version_succeed_once(catalogue: Catalogue, ada: Caller) -> None:
    kite, seen = (await catalogue.items.create(ada, KITE)).id, frozenset({1})
    wanted = [ItemContent(title=f"Kite {number}") for number in range(AT_ONCE)]
    found = await outcomes(*(catalogue.items.replace(ada, kite, content, seen) for content in wanted))
    assert found == {ItemView: 1, StaleError: AT_ONCE - 1}
    assert await noted(catalogue, kite) == {"item.created": 1, "item.updated": 1}


async def test_without_a_version_each_change_builds_on_the_one_before(
    catalogue: Catalogue, ada: Caller
) -> None:
    kite = (await catalogue.items.create(ada, ItemContent(title="0"))).id
    wanted = [ItemContent(title=str(number)) for number in range(1, AT_ONCE + 1)]
    shown = await asyncio.gather(*(catalogue.items.replace(ada, kite, content, None) for content in wanted))
    assert sorted(one.version for one in shown) == list(range(2, AT_ONCE + 2))
    entries, _ = await catalogue.audit.page(kite, None, AT_ONCE)
    titles = ["0", *(one.title for one in sorted(shown, key=lambda one: one.version))]
    steps = [(entry.details["title"]["from"], entry.details["title"]["to"]) for entry in entries[::-1]]
    assert steps == list(pairwise(titles))


async def test_an_item_is_removed_once_and_never_changed_afterwards(
    catalogue: Catalogue, ada: Caller
) -> None:
    kite = (await catalogue.items.create(ada, KITE)).id
    changes = [catalogue.items.replace(ada, kite, KITE, None) for _ in range(AT_ONCE)]
    removals = [catalogue.items.remove(ada, kite, None) for _ in range(AT_ONCE)]
    found = await outcomes(*(work for pair in zip(changes, removals, strict=True) for work in pair))
    assert found[type(None)] == 1
    assert found[ItemView] + found[NotFoundError] == 2 * AT_ONCE - 1
    expected = Counter({"item.created": 1, "item.updated": found[ItemView], "item.deleted": 1})
    assert await noted(catalogue, kite) == +expected
    entries, _ = await catalogue.audit.page(kite, None, 1)
    assert entries[0].action == "item.deleted"


async def test_a_refresh_token_is_good_once_and_its_session_ends(catalogue: Catalogue, ada: Caller) -> None:
    """Nobody can tell which of them is the thief."""
    token = await catalogue.log_in()
    found = await asyncio.gather(
        *(catalogue.sessions.refresh(token) for _ in range(AT_ONCE)), return_exceptions=True
    )
    [winner] = [one for one in found if isinstance(one, Tokens)]
    assert Counter(map(type, found)) == {Tokens: 1, UnauthorizedError: AT_ONCE - 1}
    with pytest.raises(UnauthorizedError):
        await catalogue.sessions.refresh(winner.refresh)
    assert await noted(catalogue, ada.account_id) == {"account.registered": 1, "session.revoked": 1}


async def test_concurrent_log_outs_end_a_session_once(catalogue: Catalogue, ada: Caller) -> None:
    token = await catalogue.log_in()
    found = await outcomes(*(catalogue.sessions.log_out(ada, token) for _ in range(AT_ONCE)))
    assert found == {type(None): AT_ONCE}
    assert await noted(catalogue, ada.account_id) == {"account.registered": 1, "session.ended": 1}


async def test_a_refresh_during_a_log_out_keeps_no_session_alive(catalogue: Catalogue, ada: Caller) -> None:
    token = await catalogue.log_in()
    work = (catalogue.sessions.refresh(token), catalogue.sessions.log_out(ada, token))
    refreshed, _ = await asyncio.gather(*work, return_exceptions=True)
    newest = refreshed.refresh if isinstance(refreshed, Tokens) else token
    with pytest.raises(UnauthorizedError):
        await catalogue.sessions.refresh(newest)


async def test_concurrent_log_ins_remove_expired_sessions(catalogue: Catalogue, ada: Caller) -> None:
    assert ada
    old = [await catalogue.log_in() for _ in range(AT_ONCE)]
    catalogue.clock.move(timedelta(days=30))
    assert await outcomes(*(catalogue.log_in() for _ in range(AT_ONCE))) == {str: AT_ONCE}
    for token in old:
        with pytest.raises(UnauthorizedError):
            await catalogue.sessions.refresh(token)


async def test_concurrent_rehashes_store_one_hash(
    catalogue: Catalogue, ada: Caller, unit_of_work: PostgresUnitOfWork
) -> None:
    catalogue.passwords.cost = "dear"
    assert await outcomes(*(catalogue.log_in() for _ in range(AT_ONCE))) == {str: AT_ONCE}
    assert len(catalogue.jobs) == AT_ONCE
    await asyncio.gather(*(job.run() for job in catalogue.jobs))
    async with unit_of_work.begin() as tx:
        account = await tx.accounts.find(ada.account_id)
    assert account
    assert account.password_hash.startswith("dear:")
