"""What people do with the service, one action at a time; together the actions enter every room of it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from secrets import token_hex
from string import ascii_lowercase

import httpx

USERS, ITEMS, ORDERS = "/api/v1/users", "/api/v1/items", "/api/v1/orders"
SEARCH, LISTS = "/api/v1/search/items", "/api/v1/birthdays"
PASSWORD, WRONG = "staple a horse battery", "no such password"
TITLES = (
    "A red kite",
    "A wooden train",
    "A blue balloon",
    "A box of crayons",
    "A chess set",
    "A skipping rope",
)
WORDS = ("kite", "train", "balon", "crayons", "chess", "rope", "zeppelin")
NAMES, KEPT_ORDERS, FOLLOW_S, SOON, CROWD = 60, 50, 5, 14, 20


@dataclass(slots=True, kw_only=True)
class Visitor:
    """One account with items and orders; `sign_up` comes before everything else."""

    client: httpx.AsyncClient
    random: Random
    admin_token: str = ""
    email: str = field(default_factory=lambda: f"visitor-{token_hex(6)}@example.com")
    headers: dict[str, str] = field(default_factory=dict)
    names: Sequence[str] = ()
    items: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)

    async def sign_up(self) -> None:
        """Raise `httpx.HTTPStatusError` if the service refuses what the other actions need."""
        self.names = ["".join(self.random.choices(ascii_lowercase, k=12)) for _ in range(NAMES)]
        (await self.register(self.email)).raise_for_status()
        token = (await self.log_in()).raise_for_status().json()["access_token"]
        self.headers = {"Authorization": f"Bearer {token}"}
        (await self.offer()).raise_for_status()
        (await self.save(self.names[0])).raise_for_status()

    async def save(self, name: str = "") -> httpx.Response:
        body = {"dateOfBirth": self.born().isoformat()}
        return await self.client.put(f"/hello/{name or self.name()}", json=body)

    async def greet(self) -> httpx.Response:
        return await self.client.get(f"/hello/{self.name()}")

    async def greet_elsewhere(self) -> httpx.Response:
        """A query takes the way through FastAPI."""
        return await self.client.get(f"/hello/{self.name()}", params={"tz": "Pacific/Auckland"})

    async def forget(self) -> httpx.Response:
        return await self.client.delete(f"/hello/{self.name()}")

    async def see_today(self) -> httpx.Response:
        return await self.client.get(f"{LISTS}/today")

    async def see_upcoming(self) -> httpx.Response:
        return await self.client.get(f"{LISTS}/upcoming")

    async def subscribe(self) -> httpx.Response:
        return await self.client.get(f"{LISTS}/calendar.ics")

    async def register(self, email: str = "") -> httpx.Response:
        email = email or f"visitor-{token_hex(6)}@example.com"
        body = {"email": email, "password": PASSWORD, "full_name": "A Visitor"}
        return await self.client.post(f"{USERS}/register", json=body)

    async def log_in(self, password: str = PASSWORD) -> httpx.Response:
        body = {"email": self.email, "password": password}
        return await self.client.post(f"{USERS}/login", json=body)

    async def mistype(self) -> httpx.Response:
        """Log in with a wrong password to another account than the one that `log_in` needs."""
        body = {"email": f"other-{self.email}", "password": WRONG}
        return await self.client.post(f"{USERS}/login", json=body)

    async def see_account(self) -> httpx.Response:
        return await self.client.get(f"{USERS}/me", headers=self.headers)

    async def offer(self) -> httpx.Response:
        body = {"title": self.random.choice(TITLES), "price_cents": self.random.randint(100, 9999)}
        offered = await self.client.post(ITEMS, json=body, headers=self.headers)
        if offered.is_success:
            self.items.append(offered.json()["id"])
        return offered

    async def reprice(self) -> httpx.Response:
        body = {"title": self.random.choice(TITLES), "price_cents": self.random.randint(100, 9999)}
        item = self.random.choice(self.items)
        return await self.client.put(f"{ITEMS}/{item}", json=body, headers=self.headers)

    async def browse(self) -> httpx.Response:
        return await self.client.get(ITEMS)

    async def look(self) -> httpx.Response:
        return await self.client.get(f"{ITEMS}/{self.random.choice(self.items)}")

    async def search(self) -> httpx.Response:
        return await self.client.get(SEARCH, params={"q": self.random.choice(WORDS)})

    async def suggest(self) -> httpx.Response:
        return await self.client.get(f"{SEARCH}/suggest", params={"q": self.random.choice(WORDS)[:2]})

    async def order(self) -> httpx.Response:
        line = {"item_id": self.random.choice(self.items), "quantity": self.random.randint(1, 3)}
        body = {"lines": [line], "recipient": self.names[0]}
        ordered = await self.client.post(ORDERS, json=body, headers=self.headers)
        if ordered.is_success:
            self.orders = [*self.orders[-KEPT_ORDERS:], ordered.json()["id"]]
        return ordered

    async def see_orders(self) -> httpx.Response:
        return await self.client.get(ORDERS, headers=self.headers)

    async def cancel(self) -> httpx.Response:
        ordered = await self.order()
        if not ordered.is_success:
            return ordered
        return await self.client.delete(f"{ORDERS}/{ordered.json()['id']}", headers=self.headers)

    async def follow(self) -> httpx.Response:
        """Read the events of an order until its last one, or for a while."""
        ordered = await self.order()
        if not ordered.is_success:
            return ordered
        path = f"{ORDERS}/{ordered.json()['id']}/events"
        async with self.client.stream("GET", path, headers=self.headers) as answer:
            try:
                async with asyncio.timeout(FOLLOW_S):
                    async for _ in answer.aiter_lines():
                        pass
            except TimeoutError:
                pass
            return answer

    async def crowd(self) -> httpx.Response:
        """Do much at once: more than a small service admits."""
        greeted = [self.greet() for _ in range(CROWD)]
        followed = [self.follow() for _ in range(3)]
        *_, last = await asyncio.gather(*greeted, *followed)
        return last

    async def bring(self) -> httpx.Response:
        """Import people, as an administrator if there is a token."""
        people = [{"username": self.name(), "dateOfBirth": self.born().isoformat()} for _ in range(20)]
        headers = {"Content-Type": "application/x-ndjson"} | self.admin()
        body = "\n".join(map(json.dumps, people))
        return await self.client.post(f"{LISTS}/import", content=body, headers=headers)

    async def audit(self) -> httpx.Response:
        return await self.client.get("/api/v1/audit", headers=self.admin())

    async def get_lost(self) -> httpx.Response:
        return await self.client.get(f"/{token_hex(4)}")

    async def mumble(self) -> httpx.Response:
        return await self.client.put(f"/hello/{self.name()}", json={"dateOfBirth": "yesterday"})

    async def check(self) -> httpx.Response:
        return await self.client.get("/api/v1/health/ready")

    def admin(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.admin_token}"} if self.admin_token else {}

    def name(self) -> str:
        return self.random.choice(self.names)

    def born(self) -> date:
        """Choose a birthday of today or soon, so that lists have people in them."""
        return (datetime.now(UTC).date() + timedelta(self.random.randrange(SOON))).replace(year=1996)
