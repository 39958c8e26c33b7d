"""Generated gifts for the catalogue: titles, descriptions and prices as a shop has them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import exp, log
from random import Random
from typing import TypeVar

from hello.entrypoints.cli.catalogue_families import EVERYDAY, Family
from hello.entrypoints.cli.catalogue_leisure import LEISURE
from hello.entrypoints.cli.catalogue_words import (
    ADJECTIVES,
    BRANDS,
    COLOURS,
    FACTS,
    OCCASIONS,
    OPENINGS,
    PEOPLE,
    TITLES,
    TONGUES,
)
from hello.services.items import ItemContent

T = TypeVar("T")
BATCH = 1_000
FAMILIES = (*EVERYDAY, *LEISURE)
FOREIGN, EMOJI, LONG, BRIEF, FREE = 0.05, 0.04, 0.002, 0.03, 0.03
"""The shares of items in another script, with an emoji, with a long or no description, without a price."""
SENTENCES = (1, 2, 3, 3, 4, 5, 6)
LONG_LENGTHS = (1_500, 5_000)
ENDINGS = (99, 95, 90, 50, 0)


def catalogue(count: int, seed: int) -> Iterator[Sequence[ItemContent]]:
    """Yield `count` items in batches, the same ones for the same seed."""
    shop = Shop(seed)
    items = (shop.item() for _ in range(count))
    while batch := list(islice(items, BATCH)):
        yield batch


class Shop:
    """Draws items; each depends on the seed and on how many were drawn before."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed).random  # noqa: S311  # repeatable, keeps no secret

    def item(self) -> ItemContent:
        family = self.one_of(FAMILIES)
        title, description = self.foreign() if self.happens(FOREIGN) else self.english(family)
        if self.happens(EMOJI):
            title = f"{title} {family.emoji}"
        return ItemContent(
            title=title,
            description=None if self.happens(BRIEF) else description,
            price_cents=None if self.happens(FREE) else self.price(family),
        )

    def english(self, family: Family) -> tuple[str, str]:
        words = self.words(family)
        title = capitalised(self.one_of(TITLES).format_map(words))
        return title, self.long(family) if self.happens(LONG) else self.description(family, words)

    def foreign(self) -> tuple[str, str]:
        tongue = self.one_of(TONGUES)
        words = {
            "product": self.one_of(tongue.products),
            "quality": self.one_of(tongue.qualities),
            "material": self.one_of(tongue.materials),
        }
        return tongue.title.format_map(words), tongue.description.format_map(words)

    def words(self, family: Family) -> Mapping[str, str]:
        one_of = self.one_of
        return {
            "product": one_of(family.products),
            "material": one_of(family.materials),
            "size": one_of(family.sizes),
            "adjective": one_of(ADJECTIVES),
            "colour": one_of(COLOURS),
            "brand": one_of(BRANDS),
            "occasion": one_of(OCCASIONS),
            "people": one_of(PEOPLE),
        }

    def description(self, family: Family, words: Mapping[str, str]) -> str:
        """Return an opening, then sentences of the family and of all families in turns, none twice."""
        choices = 3 * (family.features, FACTS)
        drawn = [self.one_of(OPENINGS), *map(self.one_of, choices[: self.one_of(SENTENCES)])]
        return " ".join([capitalised(part.format_map(words)) for part in dict.fromkeys(drawn)])

    def long(self, family: Family) -> str:
        """Return paragraphs, as a shop has them that tells a story about everything."""
        shortest, longest = LONG_LENGTHS
        length, text = shortest + self.random() * (longest - shortest), ""
        while len(more := f"{text}{self.description(family, self.words(family))}\n\n") <= length:
            text = more
        return text.rstrip()

    def price(self, family: Family) -> int:
        """Return a price of the family's range, low ones more often, with a usual ending."""
        low, high = log(family.cheapest), log(family.dearest)
        units = int(exp(low + self.random() * (high - low))) // 100
        return 100 * units + self.one_of(ENDINGS)

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[int(self.random() * len(choices))]

    def happens(self, share: float) -> bool:
        return self.random() < share


def capitalised(text: str) -> str:
    """Return the text with a capital first letter, the others as they are."""
    return text[0].upper() + text[1:]
