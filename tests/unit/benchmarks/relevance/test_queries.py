"""The judged queries: always the same, many, and neither trivial nor impossible."""

import re
from collections import Counter
from collections.abc import Sequence

import pytest
from benchmarks.relevance.grades import Grade, Vocabulary
from benchmarks.relevance.items import JudgedItem
from benchmarks.relevance.queries import ARROW, Query, checksum, judged_query, lines
from benchmarks.relevance.query_texts import GROUPS
from benchmarks.relevance.wording import plural, written

CHECKSUM = "2030f3b790d4a6fd0436865fe78d9a0b97ea87bd558b6b136dfbde3a078fe2b1"
WORD = re.compile(r"[\w-]+")


def test_judgements_never_change(queries: Sequence[Query]) -> None:
    assert checksum(queries) == CHECKSUM, "figures of different judgements cannot be compared"


def test_checksum_depends_on_every_grade(queries: Sequence[Query]) -> None:
    query = queries[0]
    first, *others = query.grades
    fewer = Query(query.group, query.text, {id_: query.grades[id_] for id_ in others}, query.ruled_out)
    assert first not in fewer.grades
    assert checksum([fewer]) != checksum([query])


def test_there_are_many_in_groups(queries: Sequence[Query]) -> None:
    sizes = Counter(query.group for query in queries)
    assert len(queries) >= 120
    assert list(sizes) == list(GROUPS)
    assert min(sizes.values()) >= 6


def test_texts_differ(queries: Sequence[Query]) -> None:
    assert [text for text, count in Counter(query.text for query in queries).items() if count > 1] == []


def test_every_query_has_answers_but_most_items_are_none(
    queries: Sequence[Query], items: Sequence[JudgedItem]
) -> None:
    assert [query.text for query in queries if not 0 < len(query.grades) < len(items) / 10] == []


def test_most_queries_have_answers_of_several_grades(queries: Sequence[Query]) -> None:
    assert sum(len(set(query.grades.values())) > 1 for query in queries) > len(queries) / 2


def test_nothing_is_both_relevant_and_ruled_out(queries: Sequence[Query]) -> None:
    assert not any(query.ruled_out & set(query.grades) for query in queries)


def test_only_phrases_and_minus_words_rule_items_out(queries: Sequence[Query]) -> None:
    groups = {query.group for query in queries if query.ruled_out}
    assert groups == {"phrases", "minus words"}
    assert all(query.ruled_out for query in queries if query.group == "minus words")


def test_what_is_only_in_descriptions_is_in_no_title(queries: Sequence[Query]) -> None:
    words = [query for query in queries if query.group == "only in descriptions" and " " not in query.text]
    assert [query.text for query in words if query.count(Grade.DESCRIPTION) < len(query.grades)] == []


def test_words_meant_by_a_prefix_are_the_only_ones_with_it(items: Sequence[JudgedItem]) -> None:
    prefixes = [text.rpartition(" ")[2].removesuffix("*") for text in GROUPS["prefixes"]]
    known = {
        word.lower()
        for concept in Vocabulary.of(items).concepts
        for form in (written(concept), plural(concept))
        for word in WORD.findall(form)
    }
    found = {word.lower() for item in items for word in WORD.findall(f"{item.title} {item.description}")}
    assert [word for word in found - known if word.startswith(tuple(prefixes))] == []


def test_typed_typos_occur_nowhere(queries: Sequence[Query], items: Sequence[JudgedItem]) -> None:
    texts = "\n".join(f"{item.title} {item.description}".lower() for item in items)
    typos = [query.text for query in queries if query.group.startswith("typos")]
    assert [text for text in typos if re.search(rf"\b{text}\b", texts)] == []


def test_typed_text_and_meaning_are_apart(items: Sequence[JudgedItem]) -> None:
    query = judged_query("typos", f"bicylce{ARROW}bicycle", items, Vocabulary.of(items))
    same = judged_query("plain words", "bicycle", items, Vocabulary.of(items))
    assert query.text == "bicylce"
    assert query.grades == same.grades


def test_query_without_answers_is_refused(items: Sequence[JudgedItem]) -> None:
    with pytest.raises(LookupError, match="bicycle marzipan"):
        judged_query("several words", "bicycle marzipan trumpet", items, Vocabulary.of(items))


def test_lines_name_text_grades_and_what_is_ruled_out(queries: Sequence[Query]) -> None:
    query = next(query for query in queries if query.ruled_out)
    head, *rest = lines([query])
    assert head == f"{query.group}: {query.text}"
    assert len(rest) == len(query.grades) + len(query.ruled_out)
