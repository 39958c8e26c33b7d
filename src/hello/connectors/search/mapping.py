"""The index of items: its settings, analyzers and fields. A change needs another `FORMAT`."""

from typing import Any
from unicodedata import normalize

FORMAT = 2
"""A worker that finds an index of an older format builds a new one."""
GC_DELETES = "1h"
"""How long a removed item is remembered, so that a late write of it does no harm."""

MARKS = (
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]"
)
"""Accents that stand apart, and vowels of Hebrew and Arabic: they do not matter."""
SIGNS = "_.,:'\u2019" + "".join(map(chr, range(0xFE00, 0xFE10)))
"""What the tokenizer would leave within a word; the last ones select the variant of a sign or an emoji."""
NUMBERS = (0xB2, 0xB3, 0xB9, *range(0xBC, 0xBF), *range(0x2150, 0x2160), *range(0x2460, 0x249C))
"""Fractions, and numbers in circles or written above, which the tokenizer would skip."""
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
            "char_filter": {
                "hello_marks": {"type": "pattern_replace", "pattern": MARKS, "replacement": ""},
                "hello_signs": {
                    "type": "mapping",
                    "mappings": [
                        *(f"{sign} => \\u0020" for sign in SIGNS),
                        *(f"{chr(number)} => {normalize('NFKC', chr(number))}" for number in NUMBERS),
                    ],
                },
            },
            "filter": {
                "hello_stem": {"type": "stemmer", "language": "english"},
                "hello_prefixes": {"type": "edge_ngram", "min_gram": 1, "max_gram": 20},
            },
            "analyzer": {
                "hello_stems": {
                    "type": "custom",
                    "char_filter": ["hello_marks", "hello_signs"],
                    "tokenizer": "standard",
                    "filter": ["lowercase", "asciifolding", "hello_stem"],
                },
                "hello_words": {
                    "type": "custom",
                    "char_filter": ["hello_marks", "hello_signs"],
                    "tokenizer": "standard",
                    "filter": ["lowercase", "asciifolding"],
                },
                "hello_prefixes": {
                    "type": "custom",
                    "char_filter": ["hello_marks", "hello_signs"],
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
