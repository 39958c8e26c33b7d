"""Texts whose words are known: templates become pieces, each with the concept it names."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

PLACE = re.compile(r"(?:(\w+)~)?(\W*)\{(\w+)\}(\W*)(?:~(\w+))?")
IRREGULAR: Mapping[str, str] = {
    "knife": "knives",
    "scarf": "scarves",
    "mouse": "mice",
    "bookshelf": "bookshelves",
    "man": "men",
}


class Piece(NamedTuple):
    """A word as written; `concept` is empty for a word that no query asks for."""

    text: str
    concept: str = ""


def pieces(template: str, values: Mapping[str, str]) -> Iterator[Piece]:
    """Yield the words of a template; a place without a value vanishes with its punctuation.

    The values are concepts: words with a space between them, `_` for a space inside a concept.
    A place `{products}` is in the plural. In `of~{material}` the word before `~` vanishes with the place.
    """
    for token in template.split():
        place = PLACE.fullmatch(token)
        if place is None:
            yield Piece(token)
        elif value := values.get(place[3]):
            yield from filled(place, value)


def filled(place: re.Match[str], value: str) -> Iterator[Piece]:
    lead, before, name, after, tail = place.groups()
    *first, last = value.split()
    texts = [*map(written, first), plural(last) if name == "products" else written(last)]
    texts[0] = before + texts[0]
    texts[-1] += after
    yield from map(Piece, filter(None, [lead]))
    yield from map(Piece, texts, (*first, last))
    yield from map(Piece, filter(None, [tail]))


def written(concept: str) -> str:
    return concept.replace("_", " ")


def text_of(words: Iterable[Piece], joint: str) -> str:
    """Return the text without punctuation at its ends that only separates."""
    return joint.join(word.text for word in words).strip(" ,-")


def concepts_of(words: Iterable[Piece]) -> tuple[str, ...]:
    return tuple(word.concept.lower() for word in words)


def plural(word: str) -> str:
    if word in IRREGULAR:
        return IRREGULAR[word]
    if re.search(r"(s|x|z|ch|sh)$", word):
        return f"{word}es"
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}s"
