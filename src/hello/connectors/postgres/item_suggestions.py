"""Titles that continue what is typed, from an index of completions (migration 0016)."""

from collections.abc import Sequence
from itertools import islice, product

from sqlalchemy import ARRAY, Integer, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from hello.connectors.postgres.search_words import similar_starts, similar_words, split_words

MAX_CORRECTIONS = 5

# A loose index scan: each step seeks the next different completion, as very many items may share a title.
COMPLETIONS = text(
    """
    WITH RECURSIVE found AS (
        SELECT prefix, place, 1 AS number, (
            SELECT min(completion) FROM item_completions
            WHERE completion >= prefix AND completion < prefix || chr(1114111)
        ) AS completion
        FROM unnest(:prefixes) WITH ORDINALITY AS typed (prefix, place)
        UNION ALL
        SELECT prefix, place, number + 1, (
            SELECT min(item_completions.completion) FROM item_completions
            WHERE item_completions.completion > found.completion
                AND item_completions.completion < prefix || chr(1114111)
        )
        FROM found WHERE completion IS NOT NULL AND number < :steps
    )
    SELECT title
    FROM found CROSS JOIN LATERAL (
        SELECT title FROM item_completions JOIN items ON id = item_id
        WHERE item_completions.completion = found.completion
        LIMIT 1
    ) AS item
    ORDER BY place, number
    """
).bindparams(bindparam("prefixes", type_=ARRAY(Text(collation="C"))), bindparam("steps", type_=Integer))


async def suggestions(session: AsyncSession, typed: str, limit: int) -> Sequence[str]:
    """Correct what is typed only if no title continues it."""
    [words] = await split_words(session, [typed])
    if not words:
        return []
    titles = await titles_of(session, [" ".join(words)], limit)
    if not titles:
        titles = await titles_of(session, await corrections(session, words), limit)
    return list(dict.fromkeys(titles))[:limit]


async def titles_of(session: AsyncSession, prefixes: Sequence[str], limit: int) -> list[str]:
    """Return titles by completions with these prefixes; some may repeat, as a title has many completions."""
    found = await session.scalars(COMPLETIONS, {"prefixes": prefixes, "steps": 2 * limit})
    return list(found)


async def corrections(session: AsyncSession, words: Sequence[str]) -> Sequence[str]:
    """Return what may have been meant: similar words, and for the last one the starts of similar words."""
    *finished, last = words
    similar = await similar_words(session, finished) if finished else {}
    choices = [[word, *similar.get(word, ())] for word in finished]
    starts = [last, *await similar_starts(session, last)]
    return [" ".join(choice) for choice in islice(product(*choices, starts), 1, 1 + MAX_CORRECTIONS)]
