"""The base of every entity, a typed dataclass that is also its own table; and of those with versions."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from sqlalchemy import DateTime, MetaData
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass

from hello.entities.errors import StaleError

SeenVersions: TypeAlias = frozenset[int] | None

CONSTRAINT_NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True, eq=False):
    """Two entities are equal only when they are the same object; times carry a zone."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True)}


class Versioned:
    """Rows whose version grows by one with each change; `noun` names them in errors."""

    noun: ClassVar[str]
    if TYPE_CHECKING:
        version: (
            Any  # mapped by each entity, as mixins of mapped dataclasses would change the order of fields
        )

    def check_version(self, seen: SeenVersions) -> None:
        """Raise `StaleError` unless the client has seen the current version; None stands for any."""
        if seen is not None and self.version not in seen:
            raise StaleError(f"the {self.noun} has changed since you read it")
