"""The words of what is searched for, as the database writes them, and the stored words like them."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ARRAY, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from hello.connectors.postgres.search_queries import NormalizedText, Similar, Words
from hello.entities.search import MAX_FORGIVEN, MAX_WORD, SearchText, shortest_prefix

MAX_DISTANCE, MAX_LONGER = 2, 20

NORMALIZE = text(
    "SELECT search_text(body) FROM unnest(:texts) WITH ORDINALITY AS typed (body, place) ORDER BY place"
).bindparams(bindparam("texts", type_=ARRAY(Text)))

# Words that share the first letter are compared one by one; the others are found by trigrams, of which words
# with exchanged letters share too few.
SIMILAR = text(
    f"""
    SELECT typed.word AS typed, near.word, near.distance
    FROM unnest(:words) AS typed (word), LATERAL (
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
).bindparams(bindparam("words", type_=ARRAY(Text)))
LONGER = text(
    f"""
    SELECT typed.word AS typed, longer.word
    FROM unnest(:words) AS typed (word), LATERAL (
        SELECT DISTINCT word, char_length(word) FROM search_words
        WHERE word > typed.word AND word < typed.word || chr(1114111)
        ORDER BY char_length(word), word
        LIMIT {MAX_LONGER}
    ) AS longer
    """  # noqa: S608
).bindparams(bindparam("words", type_=ARRAY(Text)))
SIMILAR_STARTS = text(
    f"""
    SELECT start, levenshtein_less_equal(start, :typed, {MAX_DISTANCE}) AS distance
    FROM (
        SELECT DISTINCT left(word, char_length(:typed) + more) AS start
        FROM search_words, generate_series(0, 1) AS more
        WHERE word >= left(:typed, 1) AND word < left(:typed, 1) || chr(1114111)
    ) AS candidate
    WHERE levenshtein_less_equal(start, :typed, {MAX_DISTANCE}) BETWEEN 1 AND {MAX_DISTANCE}
    ORDER BY distance, start
    """  # noqa: S608
).bindparams(bindparam("typed", type_=Text))


async def normalized_text(session: AsyncSession, searched: SearchText) -> NormalizedText:
    """Leave out terms without a letter, a digit or an emoji."""
    terms = [*searched.terms, *searched.excluded]
    words = await split_words(session, [term.text for term in terms])
    found = [Words(own, term.is_phrase) for term, own in zip(terms, words, strict=True)]
    count = len(searched.terms)
    return NormalizedText(*([term for term in part if term.words] for part in (found[:count], found[count:])))


async def split_words(session: AsyncSession, texts: Sequence[str]) -> Sequence[Sequence[str]]:
    """Return the words of each text, in small letters without accents."""
    return [words.split() for words in await session.scalars(NORMALIZE, {"texts": texts})]


async def longer_words(session: AsyncSession, words: Collection[str]) -> Similar:
    """Return stored words that begin with each of these, the shortest first."""
    long_enough = [word for word in corrected(words) if len(word) >= shortest_prefix(word)]
    return grouped((row.typed, row.word) for row in await session.execute(LONGER, {"words": long_enough}))


async def similar_words(session: AsyncSession, words: Collection[str]) -> Similar:
    """Return stored words that may have been meant by each of these, the most similar first."""
    rows = await session.execute(SIMILAR, {"words": corrected(words)})
    return grouped((row.typed, row.word) for row in rows if is_typo(row.typed, row.word, row.distance))


def corrected(words: Collection[str]) -> Sequence[str]:
    """Return the first different words of those that may be stored."""
    return list(dict.fromkeys(word for word in words if len(word) <= MAX_WORD))[:MAX_FORGIVEN]


def grouped(pairs: Iterable[tuple[str, str]]) -> Similar:
    similar: dict[str, list[str]] = {}
    for typed, word in pairs:
        similar.setdefault(typed, []).append(word)
    return similar


async def similar_starts(session: AsyncSession, typed: str) -> Sequence[str]:
    """Return starts of stored words with few other letters than what is typed, the most similar first."""
    if len(typed) > MAX_WORD:
        return []
    starts = await session.execute(SIMILAR_STARTS, {"typed": typed})
    return [start for start, distance in starts if is_typo(typed, start, distance)]


def is_typo(typed: str, word: str, distance: int) -> bool:
    """Allow one wrong letter in three, two at most; two exchanged letters count as one."""
    if distance == MAX_DISTANCE and sorted(typed) == sorted(word):
        distance = 1
    return distance <= len(typed) // 3
