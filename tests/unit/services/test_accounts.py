"""Registering an account, and reading one's own."""

from dataclasses import replace
from random import Random
from string import ascii_letters
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hello.entities.accounts import Role, email_key
from hello.entities.errors import BusyError, ConflictError, UnauthorizedError
from hello.interface.http.schemas.accounts import LoginForm, LoginRequest, RegisterRequest
from hello.services.accounts import AccountRegistered, AccountService, Register
from hello.services.bus import DomainEvent
from hello.services.security import Caller
from tests.support.builders import NOON, an_account, numbered_ids
from tests.twins.lookups import twin_lookups
from tests.twins.security import TwinPasswords
from tests.twins.transaction import TwinBus, TwinUnitOfWork

SECRET = "correct horse battery"  # noqa: S105
ADA = Register(email="Ada@example.com", full_name="Ada Lovelace", password=SECRET)


def service(
    twin: TwinUnitOfWork, passwords: TwinPasswords | None = None, bus: TwinBus | None = None
) -> AccountService:
    ids = numbered_ids()
    return AccountService(
        begin=twin.begin,
        lookup=twin_lookups(twin.begin).accounts,
        passwords=passwords or TwinPasswords(),
        publish=(bus or TwinBus()).publish,
        now=lambda: NOON,
        new_id=lambda: next(ids),
    )


async def test_registration_stores_the_account(twin: TwinUnitOfWork) -> None:
    account = await service(twin).register(ADA)
    [stored] = twin.stored.accounts.rows.values()
    assert stored.id == account.id == next(numbered_ids())
    assert (stored.email, stored.email_key) == ("Ada@example.com", "ada@example.com")
    assert (stored.full_name, stored.role, stored.created_at) == ("Ada Lovelace", Role.USER, NOON)


async def test_only_a_hash_of_the_password_is_kept(twin: TwinUnitOfWork) -> None:
    account = await service(twin).register(ADA)
    assert account.password_hash == await TwinPasswords().hash(SECRET)
    assert SECRET not in repr(ADA)
    assert account.password_hash not in repr(account)


@pytest.mark.parametrize("role", Role)
async def test_registration_is_audited_without_the_e_mail(twin: TwinUnitOfWork, role: Role) -> None:
    account = await service(twin).register(replace(ADA, role=role))
    [entry] = twin.stored.audit.entries
    assert (entry.at, entry.action, entry.details) == (NOON, "account.registered", {"role": role.value})
    assert entry.actor_id == entry.subject_id == account.id


@pytest.mark.parametrize("email", ["Ada@example.com", "ADA@EXAMPLE.COM", "ada@example.com"])
async def test_an_e_mail_has_one_account_whatever_its_case(twin: TwinUnitOfWork, email: str) -> None:
    accounts = service(twin)
    await accounts.register(ADA)
    with pytest.raises(ConflictError, match="this e-mail already exists"):
        await accounts.register(replace(ADA, email=email, full_name="Somebody else"))
    assert [account.full_name for account in twin.stored.accounts.rows.values()] == ["Ada Lovelace"]
    assert len(twin.stored.audit.entries) == 1


async def test_registration_is_published_after_it_is_stored(twin: TwinUnitOfWork) -> None:
    class Watching(TwinBus):
        async def publish(self, event: DomainEvent) -> None:
            await super().publish(event)
            stored.append(list(twin.stored.accounts.rows))

    stored, bus = list[list[UUID]](), Watching()
    accounts = service(twin, bus=bus)
    ada = await accounts.register(ADA)
    with pytest.raises(ConflictError):
        await accounts.register(ADA)
    assert (bus.published, stored) == ([AccountRegistered(ada.id)], [[ada.id]])


async def test_a_password_that_cannot_be_hashed_now_leaves_nothing(twin: TwinUnitOfWork) -> None:
    with pytest.raises(BusyError):
        await service(twin, TwinPasswords(error=BusyError("later"))).register(ADA)
    assert not twin.stored.accounts.rows
    assert not twin.stored.audit.entries


async def test_own_account_can_be_read(twin: TwinUnitOfWork) -> None:
    accounts = service(twin)
    ada = await accounts.register(ADA)
    await accounts.register(replace(ADA, email="bob@example.com"))
    assert (await accounts.read(Caller(ada.id, Role.USER))).email == "Ada@example.com"


async def test_token_of_a_deleted_account_is_unauthorized(twin: TwinUnitOfWork) -> None:
    with pytest.raises(UnauthorizedError, match="no longer exists"):
        await service(twin).read(Caller(an_account().id, Role.USER))


@given(st.text(f"{ascii_letters}.@"), st.randoms())
def test_e_mail_key_ignores_case(email: str, random: Random) -> None:
    other = "".join(letter.swapcase() if random.random() < 0.5 else letter for letter in email)
    assert email_key(other) == email_key(email)


@given(st.text())
def test_e_mail_key_is_idempotent(email: str) -> None:
    assert email_key(email_key(email)) == email_key(email)


@pytest.mark.parametrize(
    "email",
    [
        "ada@example.com",
        "Ada@EXAMPLE.com",
        "ada@xn--bcher-kva.example",
        "u\u0308ber@example.com",
        "ada@\uff45xample.com",
    ],
)
def test_registration_and_log_in_normalize_e_mails_alike(email: str) -> None:
    """What a registration makes of an e-mail, a log-in has to make of it as well."""
    registered = RegisterRequest.model_validate({"email": email, "password": SECRET, "full_name": "Ada"})
    stored = email_key(registered.to_command().email)
    by_json = LoginRequest.model_validate({"email": email, "password": SECRET})
    by_form = LoginForm.model_validate({"username": email, "password": SECRET})
    assert email_key(by_json.to_command("192.0.2.1").email) == stored
    assert email_key(by_form.to_command("192.0.2.1").email) == stored
