"""What search knows of the items: tables that a trigger of the database keeps (migration 0016)."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import TSVECTOR

from hello.entities.base import Base

item_documents = Table(
    "item_documents",
    Base.metadata,
    Column("item_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("price_cents", BigInteger),
    Column("document", TSVECTOR, nullable=False),
    Index("ix_item_documents_document", "document", postgresql_using="gin"),
)
item_completions = Table(
    "item_completions",
    Base.metadata,
    Column("item_id", Uuid, nullable=False, index=True),
    Column("completion", Text(collation="C"), nullable=False, index=True),
)
search_words = Table(
    "search_words",
    Base.metadata,
    Column("word", Text(collation="C"), nullable=False, index=True),
    Index(
        "ix_search_words_trigrams", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}
    ),
)
