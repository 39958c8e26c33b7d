"""That each server refuses what it must refuse, and does a repeated request only once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from uuid import UUID

from benchmarks.routes.client import Request, ask
from benchmarks.routes.data import SampleData
from benchmarks.routes.tokens import LIFETIME_S, TokenContract, token_contract
from benchmarks.running import Running
from hello.connectors.tokens.keys import SigningKey, VerificationKey
from hello.core.clock import now

PROBLEM = "application/problem+json"
UNKNOWN = UUID(int=1)
ORDERS = "/api/v1/orders"


@dataclass(frozen=True, slots=True)
class Refusals:
    data: SampleData
    contract: TokenContract

    def check(self, running: Running) -> None:
        """Raise `BenchError` for what is not refused; an order stays."""
        for status, request in (*self.bad_requests(), *self.strangers()):
            reply = ask(running.port, request)
            if reply.status != status or reply.headers.get("content-type") != PROBLEM:
                raise running.failure(f"answers {request} with {reply} instead of {status}")
        self._check_repeats(running)

    def bad_requests(self) -> Iterator[tuple[int, Request]]:
        """Yield requests of accounts, with the status that they get."""
        first, second = self.contract.issue(self.data.accounts[:2])
        yield 404, Request("GET", "/nowhere")
        yield 404, Request("GET", f"/api/v1/items/{UNKNOWN}")
        yield 400, Request("GET", "/api/v1/items/1")
        yield 400, Request("GET", "/api/v1/items?limit=0")
        yield 404, Request("GET", f"{ORDERS}/{self.data.orders[0].id}", second)
        yield 404, Request("GET", f"{ORDERS}/{UNKNOWN}", first)
        yield 400, Request("GET", f"{ORDERS}?cursor=AAAA", first)
        yield 404, Request("GET", "/hello/Unknownname")
        yield 400, Request("PUT", "/hello/Ada", body={"dateOfBirth": "2001-02-29"})
        yield 400, Request("POST", ORDERS, first, {"lines": []})
        yield 400, Request("POST", ORDERS, first, order_of(UNKNOWN))
        yield 400, Request("POST", "/api/v1/items", first, {"title": ""})

    def strangers(self) -> Iterator[tuple[int, Request]]:
        """Yield requests without a token of an account."""
        for bad in self._bad_tokens():
            yield 401, Request("GET", "/api/v1/users/me", bad)
            yield 401, Request("GET", f"{ORDERS}/{self.data.orders[0].id}", bad)
            yield 401, Request("GET", ORDERS, bad)
            yield 401, Request("POST", ORDERS, bad, order_of(self.data.items[0].id))
            yield 401, Request("POST", "/api/v1/items", bad, {"title": "A kite"})

    def _bad_tokens(self) -> Iterator[str]:
        """Yield none, one that is no token, an expired one, a forged one, and one without an account."""
        account = self.data.accounts[0]
        yield from ("", "nonsense")
        yield from self.contract.issue([account], at=lambda: now() - timedelta(seconds=LIFETIME_S))
        yield from other_contract().issue([account])
        yield from self.contract.issue([UNKNOWN])

    def _check_repeats(self, running: Running) -> None:
        (token,) = self.contract.issue(self.data.accounts[:1])
        key, item = token_hex(8), self.data.items[0].id
        first, again, other = (
            ask(running.port, Request("POST", ORDERS, token, order_of(item, quantity), key))
            for quantity in (1, 1, 2)
        )
        if (first.status, again.status, other.status) != (201, 201, 422):
            raise running.failure(f"repeats an order as {first}, {again}, {other}")
        if (first.body, first.headers["location"]) != (again.body, again.headers["location"]):
            raise running.failure(f"answers a repeated order with {again} after {first}")


def other_contract() -> TokenContract:
    """Return the contract under the same names, with another secret."""
    kid = token_contract().signing.verifying.kid
    other = b"another secret, which no server knows"
    return TokenContract(SigningKey(other, VerificationKey(kid, "HS256", other)))


def order_of(item: UUID, quantity: int = 1) -> object:
    return {"lines": [{"item_id": str(item), "quantity": quantity}]}
