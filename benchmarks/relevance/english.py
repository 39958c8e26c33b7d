"""The English texts of a judged item: each facet stands in the title, in the description, or nowhere."""

from collections.abc import Iterator, Mapping

from benchmarks.relevance import vocabulary
from benchmarks.relevance.draw import Draw
from benchmarks.relevance.vocabulary import FAMILIES, Family
from benchmarks.relevance.wording import Piece, pieces

Facets = Mapping[str, str]
TITLE_SHARES: Mapping[str, float] = {
    "colour": 0.5,
    "material": 0.45,
    "size": 0.3,
    "occasion": 0.25,
    "brand": 0.3,
    "emoji": 0.08,
}
DESCRIPTION_SHARE, TRAIT_SHARE, MENTION_SHARE = 0.45, 0.4, 0.3
INVERTED_SHARE, PLURAL_SHARE = 0.2, 0.2
COLOURS_OF_A_PRODUCT = 3


def products() -> Iterator[tuple[Family, str, tuple[str, ...]]]:
    """Yield each product with its family and with the few colours it comes in."""
    pairs = [(family, product) for family in FAMILIES for product in family.products]
    colours = vocabulary.COLOURS * 2
    for number, (family, product) in enumerate(pairs):
        start = 5 * number % len(vocabulary.COLOURS)
        yield family, product, colours[start : start + COLOURS_OF_A_PRODUCT]


def facets_of(draw: Draw, family: Family, colours: tuple[str, ...]) -> Facets:
    return {
        "colour": draw.one_of(colours),
        "material": draw.one_of(family.materials),
        "size": draw.one_of(family.sizes),
        "occasion": draw.one_of(vocabulary.OCCASIONS),
        "brand": draw.one_of(vocabulary.BRANDS),
        "emoji": family.emoji,
    }


def texts(draw: Draw, product: str, facets: Facets) -> tuple[list[Piece], list[Piece]]:
    """Return the words of the title and of the description."""
    in_title = {name: facets[name] for name, share in TITLE_SHARES.items() if draw.happens(share)}
    elsewhere = [name for name in facets if name not in in_title and name != "emoji"]
    in_description = {name: facets[name] for name in elsewhere if draw.happens(DESCRIPTION_SHARE)}
    return title(draw, product, in_title), description(draw, product, in_description)


def title(draw: Draw, product: str, facets: Facets) -> list[Piece]:
    modifier, _, head = product.rpartition(" ")
    values = {
        **facets,
        "adjective": draw.one_of(vocabulary.ADJECTIVES),
        "product": product,
        "products": product,
        "modifier": modifier,
        "head": head,
    }
    return list(pieces(title_template(draw, product), values))


def title_template(draw: Draw, product: str) -> str:
    if draw.happens(INVERTED_SHARE) and " " in product:
        return vocabulary.INVERTED
    return draw.one_of(vocabulary.PLURAL if draw.happens(PLURAL_SHARE) else vocabulary.NATURAL)


def description(draw: Draw, product: str, facets: Facets) -> list[Piece]:
    values = {**facets, "product": product}
    if draw.happens(TRAIT_SHARE):
        values["trait"] = draw.one_of(tuple(vocabulary.TRAITS))
    if draw.happens(MENTION_SHARE):
        values["mention"] = draw.one_of(draw.one_of(FAMILIES).products)
    sentences = [vocabulary.SENTENCES[name] for name in vocabulary.SENTENCES if name in values]
    trait = vocabulary.TRAITS.get(values.get("trait", ""), "")
    parts = (draw.one_of(vocabulary.OPENINGS), *sentences, trait, draw.one_of(vocabulary.CLOSINGS))
    return list(pieces(" ".join(parts), values))
