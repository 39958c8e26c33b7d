"""The words of what is searched for, as the database writes them, and the stored words like them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from hello.connectors.postgres.batches import Batches
from hello.connectors.postgres.prepared_statements import BatchStatement
from hello.connectors.postgres.search_queries import NormalizedText, Similar, Words
from hello.entities.search import MAX_FORGIVEN, MAX_WORD, SearchText, shortest_prefix

MAX_DISTANCE, MAX_LONGER = 2, 20

NORMALIZE = """
SELECT search_text(body) FROM unnest($1::text[]) WITH ORDINALITY AS typed (body, place) ORDER BY place
"""

# Words that share the first letter are compared one by one; the others are found by trigrams, of which words
# with exchanged letters share too few.
SIMILAR = f"""
    SELECT typed.word AS typed, near.word, near.distance
    FROM unnest($1::text[]) AS typed (word), LATERAL (
        SELECT word, levenshtein_less_equal(word, typed.word, {MAX_DISTANCE}) AS distance FROM (
            SELECT word FROM search_words
            WHERE word >= left(typed.word, 1) AND word < left(typed.word, 1) || chr(1114111)
            UNION
            SELECT word FROM search_words WHERE word % typed.word
        ) AS candidate
        WHERE abs(char_length(word) - char_length(typed.word)) <= {MAX_DISTANCE}
    ) AS near
    WHERE distance BETWEEN 1 AND {MAX_DISTANCE}
    ORDER BY distance, word
"""  # noqa: S608  # made of constants
LONGER = f"""
    SELECT typed.word AS typed, longer.word
    FROM unnest($1::text[]) AS typed (word), LATERAL (
        SELECT DISTINCT word, char_length(word) FROM search_words
        WHERE word > typed.word AND word < typed.word || chr(1114111)
        ORDER BY char_length(word), word
        LIMIT {MAX_LONGER}
    ) AS longer
"""  # noqa: S608
SIMILAR_STARTS = f"""
    SELECT start, levenshtein_less_equal(start, $1, {MAX_DISTANCE}) AS distance
    FROM (
        SELECT DISTINCT left(word, char_length($1) + more) AS start
        FROM search_words, generate_series(0, 1) AS more
        WHERE word >= left($1, 1) AND word < left($1, 1) || chr(1114111)
    ) AS candidate
    WHERE levenshtein_less_equal(start, $1, {MAX_DISTANCE}) BETWEEN 1 AND {MAX_DISTANCE}
    ORDER BY distance, start
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class SearchWords:
    """The statements, each in a transaction of its own."""

    normalize: BatchStatement
    longer_than: BatchStatement
    similar_to: BatchStatement
    starts: BatchStatement

    async def normalized(self, searched: SearchText) -> NormalizedText:
        """Leave out terms without a letter, a digit or an emoji."""
        terms = [*searched.terms, *searched.excluded]
        words = await self.split([term.text for term in terms])
        found = [Words(own, term.is_phrase) for term, own in zip(terms, words, strict=True)]
        count = len(searched.terms)
        parts = found[:count], found[count:]
        return NormalizedText(*([term for term in part if term.words] for part in parts))

    async def split(self, texts: Sequence[str]) -> Sequence[Sequence[str]]:
        """Return the words of each text, in small letters without accents."""
        return [words.split() for (words,) in await self.normalize.fetch(texts)]

    async def longer(self, words: Collection[str]) -> Similar:
        """Return stored words that begin with each of these, the shortest first."""
        long_enough = [word for word in corrected(words) if len(word) >= shortest_prefix(word)]
        return grouped(await self.longer_than.fetch(long_enough))

    async def similar(self, words: Collection[str]) -> Similar:
        """Return stored words that may have been meant by each of these, the most similar first."""
        rows = await self.similar_to.fetch(corrected(words))
        return grouped((typed, word) for typed, word, distance in rows if is_typo(typed, word, distance))

    async def similar_starts(self, typed: str) -> Sequence[str]:
        """Return starts of stored words with few other letters than what is typed, the most similar first."""
        if len(typed) > MAX_WORD:
            return []
        rows = await self.starts.fetch(typed)
        return [start for start, distance in rows if is_typo(typed, start, distance)]


def search_words(batches: Batches) -> SearchWords:
    statements = (NORMALIZE, LONGER, SIMILAR, SIMILAR_STARTS)
    return SearchWords(*map(batches.reading, statements))


def corrected(words: Collection[str]) -> Sequence[str]:
    """Return the first different words of those that may be stored."""
    return list(dict.fromkeys(word for word in words if len(word) <= MAX_WORD))[:MAX_FORGIVEN]


def grouped(pairs: Iterable[tuple[str, str]]) -> Similar:
    similar: dict[str, list[str]] = {}
    for typed, word in pairs:
        similar.setdefault(typed, []).append(word)
    return similar


def is_typo(typed: str, word: str, distance: int) -> bool:
    """Allow one wrong letter in three, two at most; two exchanged letters count as one."""
    if distance == MAX_DISTANCE and sorted(typed) == sorted(word):
        distance = 1
    return distance <= len(typed) // 3
