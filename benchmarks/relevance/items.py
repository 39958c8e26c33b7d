"""The judged items: built from hidden facets, so that it is known what each one is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product as combinations
from uuid import UUID, uuid5

from benchmarks.relevance import english
from benchmarks.relevance.draw import Draw
from benchmarks.relevance.scripts import SCRIPTS, Script
from benchmarks.relevance.wording import Piece, concepts_of, pieces, text_of

SEED = 2026
NAMESPACE = UUID("5f0c1c52-7d0e-4b52-9d0c-6a1f0a3b7e11")
COPIES, COPIES_IN_SCRIPTS = 24, 8
TITLE_SHARE, TRAIT_SHARE, MENTION_SHARE = 0.6, 0.3, 0.4
PRICES_IN_SCRIPTS = (1_000, 20_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedItem:
    """`product` is what the item is; the concepts stand in the order of the text, "" for other words."""

    id: UUID
    title: str
    description: str
    price_cents: int
    product: frozenset[str]
    title_concepts: tuple[str, ...]
    description_concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of an item's texts, and what stands between two of them."""

    joint: str
    title: Sequence[Piece]
    description: Sequence[Piece]

    def item(self, name: str, product: str, price_cents: int) -> JudgedItem:
        """Return the item; its id depends on its name alone and sorts by chance."""
        title = text_of(self.title, self.joint)
        return JudgedItem(
            id=uuid5(NAMESPACE, name),
            title=title[0].upper() + title[1:],
            description=text_of(self.description, " "),
            price_cents=price_cents,
            product=frozenset(product.lower().split()),
            title_concepts=concepts_of(self.title),
            description_concepts=concepts_of(self.description),
        )


def judged_items() -> Sequence[JudgedItem]:
    """Return the collection, always the same."""
    draw = Draw(SEED)
    return [*english_items(draw), *items_in_scripts(draw)]


def english_items(draw: Draw) -> Iterator[JudgedItem]:
    for (family, product, colours), copy in combinations(english.products(), range(COPIES)):
        title, description = english.texts(draw, product, english.facets_of(draw, family, colours))
        price = draw.between(family.cheapest, family.dearest)
        yield Words(" ", title, description).item(f"{product} {copy}", product, price)


def items_in_scripts(draw: Draw) -> Iterator[JudgedItem]:
    for script in SCRIPTS:
        for product, copy in combinations(script.products, range(COPIES_IN_SCRIPTS)):
            words = words_in_script(draw, script, product)
            yield words.item(f"{product} {copy}", product, draw.between(*PRICES_IN_SCRIPTS))


def words_in_script(draw: Draw, script: Script, product: str) -> Words:
    values = {
        "product": product,
        "mention": draw.one_of(script.products),
        "trait": draw.one_of(script.traits),
    }
    if draw.happens(TITLE_SHARE):
        values["colour"] = draw.one_of(script.colours)
    if draw.happens(TITLE_SHARE):
        values["material"] = draw.one_of(script.materials)
    mention = script.mention if draw.happens(MENTION_SHARE) else ""
    trait = script.trait if draw.happens(TRAIT_SHARE) else ""
    description = f"{script.opening} {mention} {trait}"
    return Words(script.joint, list(pieces(script.title, values)), list(pieces(description, values)))
