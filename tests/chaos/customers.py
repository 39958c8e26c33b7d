"""Customers who do not give up: what they ask for is asked again until there is an answer to it."""

from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID, uuid4

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, retry_if_result, wait_random

from tests.support.builders import a_name
from tests.support.http.accounts import PASSWORD, USERS, bearer
from tests.support.http.birthdays import save_birthday
from tests.support.http.orders import ORDERS, open_order_client

PEOPLE, TIMEOUT_S = 20, 5
PAUSES = wait_random(0.1, 0.5)
KEEP, REPLACE, CANCEL = "keep", "replace", "cancel"
WISHES = (REPLACE, CANCEL, KEEP, KEEP)


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order, and what its customer then wanted of it: granted, or refused as it came too late."""

    id: str
    recipient: str
    wish: str = KEEP
    is_granted: bool = True


class Session(httpx.Auth):
    """Logs in once more when the access token has expired, or is not valid yet."""

    requires_response_body = True

    def __init__(self, url: str, email: str, token: str) -> None:
        self.url, self.token = f"{url}{USERS}/login", token
        self.credentials = {"email": email, "password": PASSWORD}

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(bearer(self.token))
        answer = yield request
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            login = yield httpx.Request("POST", self.url, json=self.credentials)
            if login.is_success:
                self.token = login.json()["access_token"]
                request.headers.update(bearer(self.token))
                yield request


@dataclass(frozen=True, slots=True)
class Customer:
    client: httpx.AsyncClient
    account_id: UUID
    kite: str
    people: Sequence[str]

    async def place(self, number: int) -> PlacedOrder:
        """Order over HTTP, with a key, so that it is one order however often it is asked for."""
        recipient, wish = self.people[number % len(self.people)], WISHES[number % len(WISHES)]
        key = {"Idempotency-Key": uuid4().hex}
        created = await self._send("POST", ORDERS, self._wanted(1, recipient), key)
        assert created.status_code == HTTPStatus.CREATED, created.text
        return PlacedOrder(
            created.json()["id"], recipient, wish, await self._is_granted(wish, created, recipient)
        )

    async def _is_granted(self, wish: str, created: httpx.Response, recipient: str) -> bool:
        """Change the first version only, so that it is changed once."""
        path = created.headers["Location"]
        if wish == KEEP:
            return True
        if wish == CANCEL:
            answer = await self._send("DELETE", path)
        else:
            first = {"If-Match": created.headers["ETag"]}
            answer = await self._send("PUT", path, self._wanted(2, recipient), first)
        refusals = {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
        assert answer.is_success or answer.status_code in refusals, answer.text
        return answer.is_success

    def _wanted(self, quantity: int, recipient: str) -> dict[str, object]:
        return {"lines": [{"item_id": self.kite, "quantity": quantity}], "recipient": recipient}

    async def _send(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        outage = retry_if_exception_type(httpx.TransportError) | retry_if_result(is_outage)
        trying = AsyncRetrying(retry=outage, wait=PAUSES)
        return await trying(self.client.request, method, path, json=body, headers=headers)


def is_outage(answer: httpx.Response) -> bool:
    """Count that an earlier try still runs."""
    still_runs = answer.request.method == "POST" and answer.status_code == HTTPStatus.CONFLICT
    return still_runs or answer.is_server_error


@asynccontextmanager
async def open_customer(url: str) -> AsyncIterator[Customer]:
    """Sign up, and save the people who get the gifts."""
    with httpx.Client(base_url=url, timeout=TIMEOUT_S) as client:
        order_client = open_order_client(client, client)
        people = [saved(client) for _ in range(PEOPLE)]
    session = Session(url, order_client.ada.account["email"], order_client.ada.tokens["access_token"])
    async with httpx.AsyncClient(base_url=url, auth=session, timeout=TIMEOUT_S) as own:
        yield Customer(own, UUID(order_client.ada.id), order_client.kite, people)


def saved(client: httpx.Client) -> str:
    name = a_name()
    assert save_birthday(client, name, "1990-05-17").status_code == HTTPStatus.NO_CONTENT
    return name
