"""The promises of the port `Sessions`, kept by the twin and by PostgreSQL alike."""

from datetime import timedelta
from uuid import UUID

import pytest

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.accounts import Account
from hello.entities.sessions import Session
from hello.services.ports import Begin
from tests.support.builders import NOON, a_change, a_session
from tests.twins.transaction import TwinUnitOfWork

LATER = NOON + timedelta(days=1)


class SessionsContract:
    async def test_added_session_is_found_with_its_account(self, begin: Begin, ada: Account) -> None:
        session = await added(begin, a_session(ada))
        async with begin() as tx:
            found = await tx.sessions.find(session.id)
        assert found
        assert (found.id, found.account_id, found.token_hash) == (session.id, ada.id, b"\0hash\xff")
        assert (found.expires_at, found.ended_at) == (session.expires_at, None)
        assert (found.account.id, found.account.role) == (ada.id, ada.role)

    async def test_unknown_session_is_not_found(self, begin: Begin, ada: Account) -> None:
        await added(begin, a_session(ada))
        assert await is_gone(begin, a_session(ada).id)

    async def test_account_may_have_many_sessions(self, begin: Begin, ada: Account) -> None:
        sessions = [await added(begin, a_session(ada)) for _ in range(3)]
        assert not any([await is_gone(begin, session.id) for session in sessions])

    @pytest.mark.parametrize("verified", [False, True])
    async def test_expired_sessions_of_the_account_only_are_removed(
        self, begin: Begin, ada: Account, bob: Account, *, verified: bool
    ) -> None:
        over, just_over, live, anothers = [
            await added(begin, a_session(account, at))
            for account, at in (
                (ada, NOON),
                (ada, LATER),
                (ada, LATER + timedelta(microseconds=1)),
                (bob, NOON),
            )
        ]
        new = a_session(ada)
        async with begin() as tx:
            if verified:
                await tx.sessions.add_verified(new, ada.password_hash, LATER)
            else:
                await tx.sessions.add(new, LATER)
        gone = [
            session for session in (over, just_over, live, anothers, new) if await is_gone(begin, session.id)
        ]
        assert gone == [over, just_over]

    @pytest.mark.parametrize("is_stored", [True, False])
    async def test_session_is_added_only_for_the_stored_hash(
        self, begin: Begin, ada: Account, *, is_stored: bool
    ) -> None:
        over, session = await added(begin, a_session(ada, NOON)), a_session(ada)
        password_hash = ada.password_hash if is_stored else "of meanwhile"
        async with begin() as tx:
            assert await tx.sessions.add_verified(session, password_hash, LATER) is is_stored
        assert await is_gone(begin, session.id) is not is_stored
        assert not is_stored or await is_gone(begin, over.id)

    async def test_only_sessions_that_exist_and_go_on_are_live(self, begin: Begin, ada: Account) -> None:
        ended, over, live, other = [
            await added(begin, a_session(ada, at)) for at in (LATER, NOON, LATER, LATER)
        ]
        asked = {one.id for one in (ended, over, live, a_session(ada))}
        async with begin() as tx:
            await tx.sessions.end(ended.id, a_change(ada.id))
        async with begin() as tx:
            assert set(await tx.sessions.find_live(asked, NOON)) == {live.id}
            assert set(await tx.sessions.find_live({live.id, other.id}, NOON)) == {live.id, other.id}
            assert not await tx.sessions.find_live(set(), NOON)

    async def test_ended_session_is_kept_until_it_expires(self, begin: Begin, ada: Account) -> None:
        ended = await added(begin, a_session(ada, LATER))
        async with begin() as tx:
            await tx.sessions.end(ended.id, a_change(ada.id))
        async with begin() as tx:
            await tx.sessions.add(a_session(ada), NOON)
        assert not await is_gone(begin, ended.id)

    async def test_rotation_changes_hash_and_expiry_of_one_session(self, begin: Begin, ada: Account) -> None:
        session, other = [await added(begin, a_session(ada)) for _ in range(2)]
        async with begin() as tx:
            assert await tx.sessions.find(session.id)
            await tx.sessions.rotate(session.id, b"new", NOON, LATER)
        async with begin() as tx:
            found = [await tx.sessions.find(one.id) for one in (session, other)]
            assert len(await tx.audit.page(ada.id, None, 9)) == 1
        assert [one and (one.token_hash, one.expires_at) for one in found] == [
            (b"new", LATER),
            (other.token_hash, other.expires_at),
        ]

    async def test_rotation_keeps_the_former_hash_and_a_replacement_does_not_change_it(
        self, begin: Begin, ada: Account
    ) -> None:
        session, other = [await added(begin, a_session(ada)) for _ in range(2)]
        expected = [(None, None), (b"\0hash\xff", NOON), (b"\0hash\xff", NOON), (b"newer", LATER)]
        found = []
        for step in range(4):
            async with begin() as tx:
                if step in {1, 3}:
                    await tx.sessions.rotate(session.id, b"new", LATER if step == 3 else NOON, LATER)
                if step == 2:
                    await tx.sessions.replace_unused(session.id, b"newer")
            async with begin() as tx:
                seen = await tx.sessions.find(session.id)
                found.append(seen and (seen.former_hash, seen.rotated_at))
                untouched = await tx.sessions.find(other.id)
        assert found == expected
        assert untouched
        assert (untouched.token_hash, untouched.former_hash) == (other.token_hash, None)

    async def test_end_of_a_session_is_stored_and_audited(self, begin: Begin, ada: Account) -> None:
        session, other = [await added(begin, a_session(ada)) for _ in range(2)]
        async with begin() as tx:
            await tx.sessions.end(session.id, a_change(ada.id, "session.ended", session_id=str(session.id)))
        async with begin() as tx:
            found = [await tx.sessions.find(one.id) for one in (session, other)]
            [entry, _] = await tx.audit.page(ada.id, None, 9)
        assert [one and one.ended_at for one in found] == [NOON, None]
        assert (entry.action, entry.details) == ("session.ended", {"session_id": str(session.id)})

    @pytest.mark.parametrize("keeps_one", [True, False])
    async def test_end_of_other_sessions_spares_the_own_one_and_other_accounts(
        self, begin: Begin, ada: Account, bob: Account, *, keeps_one: bool
    ) -> None:
        kept, other, ended, bobs = [await added(begin, a_session(one)) for one in (ada, ada, ada, bob)]
        async with begin() as tx:
            await tx.sessions.end(ended.id, a_change(ada.id))
        async with begin() as tx:
            await tx.sessions.end_others(ada.id, kept.id if keeps_one else None, LATER)
        async with begin() as tx:
            found = [await tx.sessions.find(one.id) for one in (kept, other, ended, bobs)]
        assert [one and one.ended_at for one in found] == [None if keeps_one else LATER, LATER, NOON, None]

    async def test_missing_session_is_neither_changed_nor_audited(self, begin: Begin, ada: Account) -> None:
        gone = a_session(ada)
        async with begin() as tx:
            await tx.sessions.rotate(gone.id, b"new", NOON, LATER)
            await tx.sessions.replace_unused(gone.id, b"newer")
            await tx.sessions.end(gone.id, a_change(gone.id))
        assert await is_gone(begin, gone.id)
        async with begin() as tx:
            assert not await tx.audit.page(gone.id, None, 9)

    async def test_error_rolls_back_the_end_of_a_session_and_its_audit_entry(
        self, begin: Begin, ada: Account
    ) -> None:
        session = await added(begin, a_session(ada))
        with pytest.raises(ZeroDivisionError):
            async with begin() as tx:
                await tx.sessions.end(session.id, a_change(session.id))
                raise ZeroDivisionError
        async with begin() as tx:
            found = await tx.sessions.find(session.id)
            assert not await tx.audit.page(session.id, None, 9)
        assert found
        assert found.ended_at is None


async def added(begin: Begin, session: Session) -> Session:
    async with begin() as tx:
        await tx.sessions.add(session, NOON - timedelta(days=9))
    return session


async def is_gone(begin: Begin, session_id: UUID) -> bool:
    async with begin() as tx:
        return await tx.sessions.find(session_id) is None


class TestTwin(SessionsContract):
    @pytest.fixture
    def begin(self, twin: TwinUnitOfWork) -> Begin:
        return twin.begin


@pytest.mark.integrated
class TestPostgres(SessionsContract):
    @pytest.fixture
    def begin(self, rolled_back: PostgresUnitOfWork) -> Begin:
        return rolled_back.begin
