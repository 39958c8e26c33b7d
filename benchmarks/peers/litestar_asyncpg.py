"""Litestar on a pool of asyncpg, without an ORM."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import asyncpg
from litestar import Litestar, get, put
from litestar.datastructures import State
from litestar.exceptions import NotFoundException, ValidationException
from msgspec import Meta, Struct

from benchmarks.peers.birthdays import born_before_today, is_name, message

PATH = "/hello/{name:str}"
POOL_SIZE = 20
READ = "SELECT date_of_birth FROM people WHERE username = $1"
SAVE = """
INSERT INTO people (username, date_of_birth) VALUES ($1, $2)
ON CONFLICT (username) DO UPDATE SET date_of_birth = excluded.date_of_birth
"""


class Birth(Struct, rename="camel"):  # type: ignore[call-arg,misc]  # untyped where Litestar is missing
    date_of_birth: Annotated[str, Meta(max_length=10)]


class Greeting(Struct):  # type: ignore[misc]
    message: str


@asynccontextmanager
async def pool(app: Litestar) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], max_size=POOL_SIZE) as opened:
        app.state.pool = opened
        yield


async def save(name: str, data: Birth, state: State) -> None:
    check(name)
    try:
        born = born_before_today(data.date_of_birth)
    except ValueError as error:
        raise ValidationException(str(error)) from None
    await state.pool.execute(SAVE, name, born)


async def greet(name: str, state: State) -> Greeting:
    check(name)
    born = await state.pool.fetchval(READ, name)
    if born is None:
        raise NotFoundException("nobody has this name")
    return Greeting(message=message(name, born))


def check(name: str) -> None:
    if not is_name(name):
        raise ValidationException("must be 1 to 100 letters from A to Z")


app = Litestar([put(PATH, status_code=204)(save), get(PATH)(greet)], lifespan=[pool])
