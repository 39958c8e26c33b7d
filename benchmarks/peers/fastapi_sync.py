"""FastAPI with plain `def` routes, SQLAlchemy's ORM session as a `yield` dependency, and psycopg2."""

import os
from collections.abc import Iterator
from datetime import date
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, Field
from sqlalchemy import create_engine, make_url
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from benchmarks.peers.birthdays import born_before_today, message

THREADS = 40  # so many `def` routes run at once; a connection over the pool's size would be made for each use
URL = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg2")
ENGINE = create_engine(URL, pool_size=THREADS, max_overflow=0)
OPEN = sessionmaker(ENGINE, expire_on_commit=False)

app = FastAPI()


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "people"

    username: Mapped[str] = mapped_column(primary_key=True)
    date_of_birth: Mapped[date]


class Birth(BaseModel):
    date_of_birth: Annotated[date, BeforeValidator(born_before_today), Field(alias="dateOfBirth")]


def session() -> Iterator[Session]:
    with OPEN() as opened:
        yield opened


Name = Annotated[str, Path(pattern="^[A-Za-z]{1,100}$")]
Database = Annotated[Session, Depends(session)]


@app.exception_handler(RequestValidationError)
def refuse(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 400)


@app.put("/hello/{name}", status_code=204)
def save(name: Name, birth: Birth, database: Database) -> None:
    upsert = insert(Person).values(username=name, date_of_birth=birth.date_of_birth)
    new = {"date_of_birth": upsert.excluded.date_of_birth}
    database.execute(upsert.on_conflict_do_update(index_elements=[Person.username], set_=new))
    database.commit()


@app.get("/hello/{name}", response_model=None)
def greet(name: Name, database: Database) -> dict[str, str]:
    """Have no model of the answer: it would wait for a thread while all threads wait for its connection."""
    person = database.get(Person, name)
    if person is None:
        raise HTTPException(404, "nobody has this name")
    return {"message": message(name, person.date_of_birth)}
