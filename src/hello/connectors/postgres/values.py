"""What a statement needs to store an entity."""

from typing import Any

from sqlalchemy import inspect

from hello.entities.base import Base


def values_of(entity: Base) -> dict[str, Any]:
    """Return the columns by the names of their attributes."""
    state = inspect(entity)
    return {column.key: getattr(entity, column.key) for column in state.mapper.column_attrs}
