"""Titles that continue what is typed, from an index of completions (migration 0016)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product

from hello.connectors.postgres.prepared_statements import BatchStatement
from hello.connectors.postgres.search_words import SearchWords

MAX_CORRECTIONS = 5

# A loose index scan: each step seeks the next different completion, as very many items may share a title.
COMPLETIONS = """
    WITH RECURSIVE found AS (
        SELECT prefix, place, 1 AS number, (
            SELECT min(completion) FROM item_completions
            WHERE completion >= prefix AND completion < prefix || chr(1114111)
        ) AS completion
        FROM unnest($1::text[]) WITH ORDINALITY AS typed (prefix, place)
        UNION ALL
        SELECT prefix, place, number + 1, (
            SELECT min(item_completions.completion) FROM item_completions
            WHERE item_completions.completion > found.completion
                AND item_completions.completion < prefix || chr(1114111)
        )
        FROM found WHERE completion IS NOT NULL AND number < $2::int
    )
    SELECT title
    FROM found CROSS JOIN LATERAL (
        SELECT title FROM item_completions JOIN items ON id = item_id
        WHERE item_completions.completion = found.completion
        LIMIT 1
    ) AS item
    ORDER BY place, number
"""


@dataclass(frozen=True, slots=True)
class ItemSuggestions:
    words: SearchWords
    completions: BatchStatement

    async def continuing(self, typed: str, limit: int) -> Sequence[str]:
        """Correct what is typed only if no title continues it."""
        [words] = await self.words.split([typed])
        if not words:
            return []
        titles = await self._titles([" ".join(words)], limit)
        if not titles:
            titles = await self._titles(await self._corrections(words), limit)
        return list(dict.fromkeys(titles))[:limit]

    async def _titles(self, prefixes: Sequence[str], limit: int) -> Sequence[str]:
        """Return titles by completions with these prefixes; some may repeat: a title has many completions."""
        return [title for (title,) in await self.completions.fetch(prefixes, 2 * limit)]

    async def _corrections(self, words: Sequence[str]) -> Sequence[str]:
        """Return what may have been meant: similar words, and for the last the starts of similar words."""
        *finished, last = words
        similar = await self.words.similar(finished) if finished else {}
        choices = [[word, *similar.get(word, ())] for word in finished]
        starts = [last, *await self.words.similar_starts(last)]
        return [" ".join(choice) for choice in islice(product(*choices, starts), 1, 1 + MAX_CORRECTIONS)]
