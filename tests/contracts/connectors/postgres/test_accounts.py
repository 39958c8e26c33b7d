"""The promises of the port `Accounts`, kept by the twin and by PostgreSQL alike."""

from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.accounts import Account, Role
from hello.entities.sessions import Session
from hello.services.accounts import registration
from hello.services.ports import Begin
from tests.support.builders import HASHED, NOON, a_change, a_name, an_account
from tests.twins.transaction import TwinUnitOfWork

ODD = "Ad\u00e0 \u2028 O'Neill \U0001f382 %s \\"


class AccountsContract:
    @pytest.mark.parametrize("role", Role)
    async def test_added_account_is_found_by_id_and_by_e_mail(self, begin: Begin, role: Role) -> None:
        ada = an_account(role=role)
        ada.full_name = ODD
        assert await added(begin, ada)
        async with begin() as tx:
            for found in (await tx.accounts.find(ada.id), await tx.accounts.find_by_email(ada.email_key)):
                assert found
                assert (found.id, found.email, found.email_key) == (ada.id, ada.email, ada.email_key)
                assert (found.full_name, found.password_hash) == (ODD, HASHED)
                assert (found.role, found.created_at) == (role, NOON)

    async def test_unknown_id_or_e_mail_finds_no_account(self, begin: Begin) -> None:
        ada = an_account()
        assert await added(begin, ada)
        async with begin() as tx:
            assert await tx.accounts.find(an_account().id) is None
            for key in (ada.email, ada.email_key[1:], f"{ada.email_key} ", "%", ""):
                assert await tx.accounts.find_by_email(key) is None

    async def test_an_e_mail_has_one_account(self, begin: Begin) -> None:
        email = f"{a_name()}@example.com"
        first, second = an_account(email), an_account(email.upper())
        assert [await added(begin, account) for account in (first, second)] == [True, False]
        async with begin() as tx:
            found = await tx.accounts.find_by_email(first.email_key)
            assert found
            assert found.id == first.id
            assert await tx.accounts.find(second.id) is None

    async def test_only_the_added_account_has_an_audit_entry(self, begin: Begin) -> None:
        email = f"{a_name()}@example.com"
        first, second = an_account(email, Role.ADMIN), an_account(email)
        for account in (first, second):
            await added(begin, account)
        async with begin() as tx:
            [entry] = await tx.audit.page(first.id, None, 9)
            assert not await tx.audit.page(second.id, None, 9)
        assert (entry.at, entry.action, entry.details) == (NOON, "account.registered", {"role": "admin"})
        assert entry.actor_id == entry.subject_id == first.id

    async def test_error_rolls_back_the_account_and_its_audit_entry(self, begin: Begin) -> None:
        ada = an_account()
        with pytest.raises(ZeroDivisionError):
            async with begin() as tx:
                await tx.accounts.add(ada, registration(ada))
                raise ZeroDivisionError
        async with begin() as tx:
            assert await tx.accounts.find(ada.id) is None
            assert not await tx.audit.page(ada.id, None, 9)

    @pytest.mark.parametrize(("old", "expected"), [(HASHED, "new"), ("of meanwhile", HASHED)])
    async def test_a_password_is_replaced_unless_it_has_changed_meanwhile(
        self, begin: Begin, old: str, expected: str
    ) -> None:
        ada, bob = an_account(), an_account()
        for account in (ada, bob):
            await added(begin, account)
        async with begin() as tx:
            await tx.accounts.set_password_hash(ada.id, old, "new")
        async with begin() as tx:
            found = [await tx.accounts.find(account.id) for account in (ada, bob)]
        assert [account and account.password_hash for account in found] == [expected, HASHED]

    @pytest.mark.parametrize(("old", "expected"), [(HASHED, "new"), ("of meanwhile", HASHED)])
    async def test_changed_password_is_stored_and_audited_unless_it_has_changed_meanwhile(
        self, begin: Begin, old: str, expected: str
    ) -> None:
        ada, bob = an_account(), an_account()
        for account in (ada, bob):
            await added(begin, account)
        record = a_change(ada.id, "account.password_changed")
        async with begin() as tx:
            assert await tx.accounts.change_password(ada.id, old, "new", record) is (expected == "new")
        async with begin() as tx:
            found = [await tx.accounts.find(account.id) for account in (ada, bob)]
            notes = [entry.action for entry in await tx.audit.page(ada.id, None, 9)]
        assert [account and account.password_hash for account in found] == [expected, HASHED]
        assert (notes[0] == "account.password_changed") is (expected == "new")

    async def test_password_hash_of_an_unknown_account_is_not_stored(self, begin: Begin) -> None:
        nobody = an_account()
        async with begin() as tx:
            await tx.accounts.set_password_hash(nobody.id, HASHED, "new")
        async with begin() as tx:
            assert await tx.accounts.find(nobody.id) is None

    async def test_removal_of_an_account_removes_its_sessions_and_is_audited(self, begin: Begin) -> None:
        ada = an_account()
        session = Session(id=uuid7(), account_id=ada.id, token_hash=b"hash", expires_at=NOON + timedelta(1))
        assert await added(begin, ada)
        async with begin() as tx:
            await tx.sessions.add(session, NOON)
        async with begin() as tx:
            await tx.accounts.lock(ada.id)
            await tx.accounts.remove(ada.id, a_change(ada.id, "account.deleted"))
        async with begin() as tx:
            assert await tx.accounts.find(ada.id) is None
            assert await tx.accounts.find_by_email(ada.email_key) is None
            assert await tx.sessions.find(session.id) is None
            assert not await tx.sessions.find_live([session.id], NOON)
            assert (await tx.audit.page(ada.id, None, 1))[0].action == "account.deleted"


async def added(begin: Begin, account: Account) -> bool:
    async with begin() as tx:
        return await tx.accounts.add(account, registration(account))


class TestTwin(AccountsContract):
    @pytest.fixture
    def begin(self, twin: TwinUnitOfWork) -> Begin:
        return twin.begin


@pytest.mark.integrated
class TestPostgres(AccountsContract):
    @pytest.fixture
    def begin(self, rolled_back: PostgresUnitOfWork) -> Begin:
        return rolled_back.begin
