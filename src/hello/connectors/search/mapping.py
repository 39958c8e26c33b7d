"""The index of items: its settings, analyzers and fields. A change needs another `FORMAT`."""

from typing import Any

FORMAT = 1
"""A worker that finds an index of an older format builds a new one."""
GC_DELETES = "1h"
"""How long a removed item is remembered, so that a late write of it does no harm."""

VECTORS = {"term_vector": "with_positions_offsets"}
"""Without them, to highlight words with typos takes ten times as long as to find them."""
WORDS = {"type": "text", "analyzer": "hello_words", **VECTORS}
INDEX: dict[str, Any] = {
    "settings": {
        "number_of_shards": 1,
        "auto_expand_replicas": "0-1",
        "refresh_interval": "250ms",
        "gc_deletes": GC_DELETES,
        "analysis": {
            "filter": {
                "hello_stem": {"type": "stemmer", "language": "english"},
                "hello_prefixes": {"type": "edge_ngram", "min_gram": 1, "max_gram": 20},
            },
            "analyzer": {
                "hello_stems": {
                    "type": "custom",
                    "tokenizer": "standard",
                    "filter": ["lowercase", "asciifolding", "hello_stem"],
                },
                "hello_words": {
                    "type": "custom",
                    "tokenizer": "standard",
                    "filter": ["lowercase", "asciifolding"],
                },
                "hello_prefixes": {
                    "type": "custom",
                    "tokenizer": "standard",
                    "filter": ["lowercase", "asciifolding", "hello_prefixes"],
                },
            },
        },
    },
    "mappings": {
        "dynamic": False,
        "_meta": {"format": FORMAT},
        "properties": {
            "id": {"type": "keyword"},
            "version": {"type": "long", "index": False},
            "owner_id": {"type": "keyword"},
            "price_cents": {"type": "long"},
            "title": {
                "type": "text",
                "analyzer": "hello_stems",
                **VECTORS,
                "fields": {
                    "words": WORDS,
                    "exact": {"type": "keyword"},
                    "prefixes": {
                        "type": "text",
                        "analyzer": "hello_prefixes",
                        "search_analyzer": "hello_words",
                        "index_options": "docs",
                    },
                },
            },
            "description": {
                "type": "text",
                "analyzer": "hello_stems",
                **VECTORS,
                "fields": {"words": WORDS},
            },
        },
    },
}
