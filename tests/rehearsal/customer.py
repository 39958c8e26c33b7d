"""A customer who owns names and orders, and compares every answer with what was acknowledged."""

import asyncio
import re
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import uuid4

import orjson

from hello.core.concurrency import gather_bounded
from tests.rehearsal.client import Answer, Asking, LostError, Request
from tests.rehearsal.facts import FactsWriter
from tests.rehearsal.files import Row
from tests.rehearsal.seconds import Recorder

USERS, ITEMS, ORDERS, TODAY = "/api/v1/users", "/api/v1/items", "/api/v1/orders", "/api/v1/birthdays/today"
PASSWORD = "staple a horse battery"  # noqa: S105
SOON, RECENT, AT_ONCE = 60, 200, 20
TRIES, FIRST_PAUSE_S = 6, 0.05
"""Six tries take one and a half seconds: a balancer has noticed by then that a server is gone."""
GATEWAY = {502: "bad gateway", 504: "gateway timeout"}
STILL_RUNS = 409
GREETING = re.compile(r"Hello, (\w+)! (?:Happy birthday!|Your birthday is in (\d+) day\(s\))")


class FailedError(Exception):
    """A request that a user would have seen fail; the message says how."""


@dataclass(slots=True)
class Name:
    """One writer at a time; `writes` counts those that began."""

    text: str
    possible: set[date] = field(default_factory=set)
    writes: int = 0
    is_busy: bool = False


@dataclass(slots=True, kw_only=True)
class Customer:
    """`sign_up` comes before everything else."""

    client: Asking
    random: Random
    recorder: Recorder
    facts: FactsWriter
    names: list[Name]
    email: str = field(default_factory=lambda: f"customer-{uuid4().hex}@example.com")
    account_id: str = ""
    bearer: str = ""
    item: str = ""
    orders: deque[str] = field(default_factory=lambda: deque(maxlen=RECENT))

    async def sign_up(self) -> None:
        body = {"email": self.email, "password": PASSWORD, "full_name": "A Customer"}
        self.account_id = (await self._post("sign up", f"{USERS}/register", body, 201))["id"]
        await self.log_in()
        offer = {"title": "A kite", "price_cents": 1999}
        self.item = (await self._post("offer", ITEMS, offer, 201))["id"]
        await gather_bounded(AT_ONCE, self._write, self.names)
        await self.order()

    async def log_in(self) -> None:
        answer = await self._post(
            "log in", f"{USERS}/login", {"email": self.email, "password": PASSWORD}, 200
        )
        self.bearer = f"Authorization: Bearer {answer['access_token']}\r\n"

    async def save(self) -> None:
        free = [name for name in self.names if not name.is_busy]
        if not free:
            raise FailedError("not sent")
        await self._write(self.random.choice(free))

    async def greet(self) -> None:
        """Know which answers are right, unless the name is written meanwhile."""
        name = self.random.choice(self.names)
        is_quiet, writes, day = not name.is_busy, name.writes, today()
        answer = await self._get("greet", f"/hello/{name.text}")
        if is_quiet and name.writes == writes and day == today():
            self._compare(name, answer, day)

    async def see_today(self) -> None:
        await self._get("see today", TODAY)

    async def browse(self) -> None:
        await self._get("browse", ITEMS)

    async def look(self) -> None:
        await self._get("look", f"{ITEMS}/{self.item}")

    async def order(self) -> None:
        """Repeat with the same key, as a customer does whose answer was lost: it is one order."""
        key, recipient = uuid4().hex, self.random.choice(self.names).text
        headers = f"{self.bearer}Idempotency-Key: {key}\r\n"
        body = {"lines": [{"item_id": self.item, "quantity": 1}], "recipient": recipient}
        try:
            answer = await self._post("order", ORDERS, body, 201, headers)
        except FailedError:
            self.facts.may_have_ordered(key, recipient)
            raise
        self.facts.ordered(answer["id"], recipient)
        self.orders.append(answer["id"])

    async def see_order(self) -> None:
        order = self.random.choice(self.orders)
        answer = await self._get("see order", f"{ORDERS}/{order}", self.bearer)
        if answer["id"] != order:
            raise FailedError("another order")

    async def _write(self, name: Name) -> None:
        born = (today() + timedelta(self.random.randrange(SOON))).replace(year=1996)
        name.is_busy, name.writes = True, name.writes + 1
        is_known = False
        try:
            body = orjson.dumps({"dateOfBirth": born.isoformat()})
            await self._send("save", Request("PUT", f"/hello/{name.text}", body), 204)
            is_known = True
        finally:
            name.possible = {born} if is_known else {*name.possible, born}
            name.is_busy = False
            self.facts.wrote(name.text, born, is_known=is_known)

    def _compare(self, name: Name, answer: Row, day: date) -> None:
        said = GREETING.fullmatch(answer["message"])
        if said is None or said[1] != name.text:
            raise FailedError("another greeting")
        if (day + timedelta(int(said[2] or 0))).replace(year=1996) not in name.possible:
            raise FailedError("stale")

    async def _get(self, action: str, path: str, headers: str = "") -> Row:
        return parsed(await self._send(action, Request("GET", path, headers=headers), 200))

    async def _post(self, action: str, path: str, body: object, expected: int, headers: str = "") -> Row:
        request = Request("POST", path, orjson.dumps(body), headers or self.bearer)
        return parsed(await self._send(action, request, expected))

    async def _send(self, action: str, request: Request, expected: int) -> Answer:
        """Repeat a request whose answer was lost; raise `FailedError` for another answer than the expected.

        All requests may be repeated: nobody else writes to these names, and orders have a key.
        """
        for number in range(TRIES):
            try:
                answer = await self.client.ask(request)
            except LostError as error:
                reason = str(error)
            except TimeoutError:
                raise FailedError("timeout") from None
            else:
                if answer.status == expected:
                    return answer
                reason = lost_by(request, answer)
            if number + 1 < TRIES:
                self.recorder.repeat(action, reason)
                await asyncio.sleep(FIRST_PAUSE_S * 2**number)
        raise FailedError(reason)


def lost_by(request: Request, answer: Answer) -> str:
    """Return why the request may be repeated; raise `FailedError` when it may not.

    Only a proxy says 502 or 504. A 409 says that an earlier try of an order still runs.
    """
    if request.method == "POST" and answer.status == STILL_RUNS:
        return "still runs"
    if answer.status not in GATEWAY:
        raise FailedError(str(answer.status))
    return GATEWAY[answer.status]


def parsed(answer: Answer) -> Row:
    try:
        row: Row = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise FailedError("no JSON") from None
    return row


def today() -> date:
    return datetime.now(UTC).date()
