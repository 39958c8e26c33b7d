"""The judged items: always the same, valid as items, and with facets that their texts confirm."""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256

import pytest
from benchmarks.relevance.items import JudgedItem
from benchmarks.relevance.scripts import SCRIPTS
from benchmarks.relevance.wording import plural, written

from hello.interface.http.schemas.items import ItemRequest

CHECKSUM = "c545094a298a02a08450148ce4f09bd7ddcbe4b5a1ddc8369d19ae5bf20beb54"
IN_SCRIPTS = 8 * sum(len(script.products) for script in SCRIPTS)


@pytest.fixture(scope="module")
def english(items: Sequence[JudgedItem]) -> Sequence[JudgedItem]:
    return items[:-IN_SCRIPTS]


def concepts_of(items: Sequence[JudgedItem]) -> set[str]:
    found = {concept for item in items for concept in (*item.title_concepts, *item.description_concepts)}
    return found - {""}


def forms_of(concept: str) -> Iterator[tuple[str, str]]:
    yield written(concept), concept
    yield plural(concept), concept


def test_items_never_change(items: Sequence[JudgedItem]) -> None:
    text = "\n".join(f"{item.id} {item.title} | {item.description} | {item.price_cents}" for item in items)
    assert sha256(text.encode()).hexdigest() == CHECKSUM, "every judgement and every figure depends on them"


def test_there_are_thousands_with_ids_of_their_own(items: Sequence[JudgedItem]) -> None:
    assert len({item.id for item in items}) == len(items) >= 3_000


def test_items_are_what_the_api_accepts(items: Sequence[JudgedItem]) -> None:
    for item in items:
        ItemRequest(title=item.title, description=item.description, price_cents=item.price_cents)


def test_titles_name_the_product(items: Sequence[JudgedItem]) -> None:
    assert [item.title for item in items if not item.product <= set(item.title_concepts)] == []


def test_english_texts_hold_the_words_of_their_facets_and_no_others(english: Sequence[JudgedItem]) -> None:
    forms = dict(form for concept in concepts_of(english) for form in forms_of(concept))
    longest_first = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    known = re.compile(rf"(?<![\w-])(?:{longest_first})(?![\w-])", re.IGNORECASE)
    for item in english:
        for text, concepts in (
            (item.title, item.title_concepts),
            (item.description, item.description_concepts),
        ):
            assert [forms[word.lower()] for word in known.findall(text)] == [*filter(None, concepts)], text


def test_other_texts_hold_the_words_of_their_facets_and_no_others(items: Sequence[JudgedItem]) -> None:
    others = items[-IN_SCRIPTS:]
    concepts = concepts_of(others)
    for item in others:
        assert {one for one in concepts if one in item.title.lower()} == set(item.title_concepts) - {""}
        found = {one for one in concepts if one in item.description.lower()}
        assert found == set(item.description_concepts) - {""}


def test_some_titles_are_inverted(english: Sequence[JudgedItem]) -> None:
    assert sum("(" in item.title for item in english) > 100


def test_no_place_is_left(items: Sequence[JudgedItem]) -> None:
    assert not [item for item in items if set("{}~_") & set(item.title + item.description)]
