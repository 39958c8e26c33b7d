"""What a statement needs to store an entity, or many rows at once."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Insert, TableValuedAlias, column, func, insert, inspect, literal, select

from hello.entities.base import Base


def values_of(entity: Base) -> dict[str, Any]:
    """Return the columns by the names of their attributes."""
    return {key: getattr(entity, key) for key in keys_of(type(entity))}


@cache
def keys_of(kind: type[Base]) -> Sequence[str]:
    return [column.key for column in inspect(kind).column_attrs]


def table_of(kind: type[Base], rows: Sequence[Mapping[str, Any]]) -> TableValuedAlias:
    """Return the rows as a table; the statement's text is the same for any number of them."""
    columns = inspect(kind).columns
    types = {name: columns[name].type for name in rows[0]}
    arrays = [literal([row[name] for row in rows], ARRAY(one)) for name, one in types.items()]
    names = [column(name, one) for name, one in types.items()]
    return func.unnest(*arrays).table_valued(*names).render_derived(name="given")


def insert_all(kind: type[Base], rows: Sequence[Mapping[str, Any]]) -> Insert:
    """Return one statement that stores the rows, in their order; there is at least one."""
    table = table_of(kind, rows)
    return insert(kind).from_select(list(rows[0]), select(table))
