"""The promises of the port `Accounts`, kept by the twin and by PostgreSQL alike."""

import pytest

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.accounts import Account, Role
from hello.services.accounts import registration
from hello.services.ports import Begin
from tests.builders import HASHED, NOON, a_name, an_account
from tests.twins import TwinUnitOfWork

ODD = "Ad\u00e0 \u2028 O'Neill \U0001f382 %s \\"


class AccountsContract:
    @pytest.mark.parametrize("role", Role)
    async def test_what_is_added_is_found_by_id_and_by_e_mail(self, begin: Begin, role: Role) -> None:
        ada = an_account(role=role)
        ada.full_name = ODD
        assert await added(begin, ada)
        async with begin() as tx:
            for found in (await tx.accounts.find(ada.id), await tx.accounts.find_by_email(ada.email_key)):
                assert found
                assert (found.id, found.email, found.email_key) == (ada.id, ada.email, ada.email_key)
                assert (found.full_name, found.password_hash) == (ODD, HASHED)
                assert (found.role, found.created_at) == (role, NOON)

    async def test_nobody_is_found_by_another_id_or_e_mail(self, begin: Begin) -> None:
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

    async def test_what_is_added_is_noted_and_what_is_not_is_not(self, begin: Begin) -> None:
        email = f"{a_name()}@example.com"
        first, second = an_account(email, Role.ADMIN), an_account(email)
        for account in (first, second):
            await added(begin, account)
        async with begin() as tx:
            [entry] = await tx.audit.page(first.id, None, 9)
            assert not await tx.audit.page(second.id, None, 9)
        assert (entry.at, entry.action, entry.details) == (NOON, "account.registered", {"role": "admin"})
        assert entry.actor_id == entry.subject_id == first.id

    async def test_an_error_undoes_the_account_and_the_note(self, begin: Begin) -> None:
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

    async def test_a_password_of_nobody_is_not_stored(self, begin: Begin) -> None:
        nobody = an_account()
        async with begin() as tx:
            await tx.accounts.set_password_hash(nobody.id, HASHED, "new")
        async with begin() as tx:
            assert await tx.accounts.find(nobody.id) is None


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
    def begin(self, undone: PostgresUnitOfWork) -> Begin:
        return undone.begin
