"""An in-memory twin of the index of items."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import combining, normalize

from hello.entities.items import Item
from hello.entities.search import PRICE_BANDS, SearchText, Term
from hello.services.search import Facets, Highlight, ItemSearch, Match, Matches
from tests.twins.transaction import TwinUnitOfWork

IDEOGRAPHS, EMOJI, ACCENTS = (
    "\u3040-\u30ff\u3400-\u9fff",
    "\u2600-\u27bf\U0001f000-\U0001faff",
    "\u0300-\u036f\u0591-\u05bd\u05bf-\u05c2\u0610-\u061a\u064b-\u065f",
)
WORD = re.compile(f"[{IDEOGRAPHS}{EMOJI}]|(?:[^\\W_{IDEOGRAPHS}]|[{ACCENTS}])+")
SIMILAR_BELOW, PASSAGE = 10, 200
TITLE_WEIGHT, DESCRIPTION_WEIGHT = 1, 0.1


def words_of(text: str) -> list[str]:
    return [normalized(word) for word in WORD.findall(text)]


def normalized(word: str) -> str:
    letters = normalize("NFKD", word).lower()
    return "".join(letter for letter in letters if not combining(letter))


def stem(word: str) -> str:
    return re.sub("(?<=..[sxz])es$|(?<=...)s$", "", word)


def is_same(typed: str, word: str) -> bool:
    return stem(typed) == stem(word)


def is_similar(typed: str, word: str) -> bool:
    is_start = len(typed) >= 3 and word.startswith(typed)
    return is_same(typed, word) or is_start or is_near(typed, word, changes_for(typed))


def changes_for(typed: str) -> int:
    return min(2, len(typed) // 3)


def no_changes(typed: str) -> int:
    return 0 * len(typed)


def is_near(typed: str, word: str, changes: int) -> bool:
    """Return whether that many changes of a letter, or of two neighbours, make one of the other."""
    same = next(
        (place for place, pair in enumerate(zip(typed, word, strict=False)) if len({*pair}) > 1), None
    )
    if same is None:
        return abs(len(typed) - len(word)) <= changes
    typed, word = typed[same:], word[same:]
    if changes == 0 or abs(len(typed) - len(word)) > changes:
        return False
    changed = [(typed[1:], word[1:]), (typed[1:], word), (typed, word[1:])]
    if typed[:2] == word[1::-1]:
        changed.append((typed[2:], word[2:]))
    return any(is_near(*rest, changes - 1) for rest in changed)


@dataclass(frozen=True, slots=True)
class Query:
    """How an item is compared with what is searched for."""

    terms: Sequence[Term]
    excluded: Sequence[Term]
    alike: Callable[[str, str], bool] = is_same
    enough: Callable[[Iterable[object]], bool] = all

    def finds(self, item: Item) -> bool:
        return self.enough(self._score(term, item) for term in self.terms) and not any(
            holds(term, words_of(text), is_same) for term in self.excluded for text in texts_of(item)
        )

    def score(self, item: Item) -> float:
        is_exact = Query(self.terms, ()).finds(item)
        return is_exact + sum(self._score(term, item) for term in self.terms)

    def _score(self, term: Term, item: Item) -> float:
        weights = zip((TITLE_WEIGHT, DESCRIPTION_WEIGHT), texts_of(item), strict=True)
        return sum(weight for weight, text in weights if holds(term, words_of(text), self.alike))

    def marked(self, text: str) -> str:
        """Return HTML with a mark around each word that is searched for."""
        html, end = "", 0
        for word in WORD.finditer(text):
            shown = escape(word[0])
            html += escape(text[end : word.start()]) + (
                f"<mark>{shown}</mark>" if self.has(word[0]) else shown
            )
            end = word.end()
        return (html + escape(text[end:])).replace("</mark><mark>", "")

    def has(self, word: str) -> bool:
        typed = [one for term in self.terms for one in words_of(term.text)]
        return any(self.alike(one, normalized(word)) for one in typed)

    def match(self, item: Item) -> Match:
        title, description = texts_of(item)
        found = WORD.finditer(description)
        first = next((word for word in found if self.has(word[0])), None)
        start = max(0, first.start() - PASSAGE // 2) if first else 0
        passage = self.marked(description[start : start + PASSAGE]) if first else None
        return Match(item.id, self.score(item), Highlight(self.marked(title), passage))


def texts_of(item: Item) -> tuple[str, str]:
    return item.title, item.description or ""


def holds(term: Term, words: Sequence[str], alike: Callable[[str, str], bool]) -> bool:
    """Return whether the words have the term, side by side if it is a phrase or is compared exactly."""
    typed = words_of(term.text)
    if term.is_phrase or alike is is_same:
        places = range(len(words) - len(typed) + 1)
        return any(all(map(is_same, typed, words[start:])) for start in places)
    return all(any(alike(one, word) for word in words) for one in typed)


@dataclass(frozen=True, slots=True)
class TwinItemIndex:
    """Has what is committed to the twin of the database."""

    unit_of_work: TwinUnitOfWork

    @property
    def items(self) -> Collection[Item]:
        return self.unit_of_work.stored.items.rows.values()

    async def search(self, wanted: ItemSearch) -> Matches:
        query, found = best_query(wanted.text, [item for item in self.items if passes(item, wanted)])
        found.sort(key=lambda item: (query.score(item), item.id), reverse=True)
        prices = [item.price_cents for item in found if item.price_cents is not None]
        bands = [
            sum(band.minimum <= price <= (band.maximum or price) for price in prices) for band in PRICE_BANDS
        ]
        return Matches(
            engine="postgres",
            page=[query.match(item) for item in found[wanted.skip :][: wanted.limit]],
            total=len(found),
            facets=Facets(price_bands=bands, without_price=len(found) - len(prices)),
        )

    async def suggest(self, typed: str, limit: int) -> Sequence[str]:
        titles = sorted({item.title for item in self.items})
        for changes in (no_changes, changes_for):
            found = [title for title in titles if continues(words_of(typed), words_of(title), changes)]
            if found:
                return found[:limit]
        return []


def passes(item: Item, wanted: ItemSearch) -> bool:
    if wanted.owner_id not in {None, item.owner_id}:
        return False
    minimum, maximum, price = wanted.min_price_cents, wanted.max_price_cents, item.price_cents
    if price is None:
        return minimum is None and maximum is None
    return (minimum is None or minimum <= price) and (maximum is None or price <= maximum)


def best_query(text: SearchText, items: Sequence[Item]) -> tuple[Query, list[Item]]:
    """Compare exactly, then as `is_similar` does, then with some of the terms, until there are enough."""
    terms, excluded = ([term for term in part if words_of(term.text)] for part in (text.terms, text.excluded))
    query = Query(terms, excluded)
    if not terms:
        return query, []
    for forgiving in (Query(terms, excluded, is_similar), Query(terms, excluded, is_similar, any)):
        found = list(filter(query.finds, items))
        if len(found) >= (SIMILAR_BELOW if query.alike is is_same else 1):
            return query, found
        query = forgiving
    return query, list(filter(query.finds, items))


def continues(typed: Sequence[str], title: Sequence[str], changes: Callable[[str], int]) -> bool:
    """Return whether the title has what is typed from some word on; the last word may be unfinished."""
    last = len(typed) - 1
    places = range(len(title) - last) if typed else ()
    return any(
        all(is_near(one, word, changes(one)) for one, word in zip(typed[:last], title[start:], strict=False))
        and begins(title[start + last], typed[last], changes(typed[last]))
        for start in places
    )


def begins(word: str, typed: str, changes: int) -> bool:
    return any(is_near(typed, word[: len(typed) + more], changes) for more in (-1, 0, 1))
