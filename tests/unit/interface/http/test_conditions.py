"""Entity tags in `If-Match` and `If-None-Match`, as RFC 9110 has them."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hello.interface.http.conditions import etag, is_known, seen_versions

versions = st.integers(1, 2**31 - 1)
OPAQUE = "!" + "".join(map(chr, [*range(0x23, 0x7F), *range(0x80, 0x100)]))
opaque = versions.map(str) | versions.map("0{}".format) | st.text(OPAQUE, max_size=12)
weakness = st.sampled_from(["", "W/"])
tags = st.tuples(weakness, opaque)
between = st.sampled_from([",", ", ", " ,", "\t,\t", ",,", ", ,"])


def quoted(*tags: tuple[str, str]) -> list[str]:
    return [f'{weak}"{text}"' for weak, text in tags]


@st.composite
def lists(draw: st.DrawFn) -> tuple[list[tuple[str, str]], str]:
    """Draw some tags, and a header with them; a recipient passes over empty elements (RFC 9110, 5.6.1)."""
    drawn = draw(st.lists(tags, max_size=5))
    header = "".join(f"{tag}{draw(between)}" for tag in quoted(*drawn))
    return drawn, draw(st.sampled_from(["", " ", ","])) + header


@given(lists())
def test_strong_version_tags_are_the_versions_seen(drawn: tuple[list[tuple[str, str]], str]) -> None:
    found, header = drawn
    strong = {f'"{text}"' for weak, text in found if not weak}
    seen = seen_versions(header)
    assert seen is not None
    assert {etag(version) for version in seen} <= strong
    assert {text for weak, text in found if not weak and is_canonical(text)} <= set(map(str, seen))


def is_canonical(text: str) -> bool:
    return text.isascii() and text.isdecimal() and text[0] != "0" and int(text) < 2**31


@given(lists(), versions)
def test_strong_and_weak_tags_match_if_none_match(
    drawn: tuple[list[tuple[str, str]], str], version: int
) -> None:
    found, header = drawn
    assert is_known(header, etag(version)) == (str(version) in {text for _, text in found})


@given(lists(), weakness, versions)
def test_current_tag_among_others_matches(
    drawn: tuple[list[tuple[str, str]], str], weak: str, version: int
) -> None:
    found, header = drawn
    assume(("", str(version)) not in found)
    longer = f"{header},{weak}{etag(version)}"
    assert is_known(longer, etag(version))
    assert (version in (seen_versions(longer) or ())) == (not weak)


@pytest.mark.parametrize("header", [None, "*", " * ", "*\t"])
def test_asterisk_accepts_every_version(header: str | None) -> None:
    assert seen_versions(header) is None


def test_missing_if_none_match_matches_nothing() -> None:
    assert not is_known(None, etag(1))


@pytest.mark.parametrize("header", ["*", " * "])
def test_asterisk_matches_any_existing_version(header: str) -> None:
    assert is_known(header, etag(1))


@pytest.mark.parametrize(
    "tag", ['"01"', '"+1"', '" 1"', '"1 "', '"1_0"', '"1.0"', '"\xb9"', '"10000000000"', '"-1"', '""', '"*"']
)
def test_noncanonical_tag_is_no_version(tag: str) -> None:
    """Two tags are the same only letter by letter (RFC 9110, 8.8.3.2)."""
    assert seen_versions(tag) == frozenset()
    assert not is_known(tag, etag(1))


@pytest.mark.parametrize("header", ["", " ", ",", "1", '"1', '1"', "'1'", "W/1", "null"])
def test_header_without_tags_matches_nothing(header: str) -> None:
    assert seen_versions(header) == frozenset()
    assert not is_known(header, etag(1))


@pytest.mark.parametrize("header", ['w/"1"', 'W/ "1"', 'x"1"', '"1"x', '*, "1"', '"1", 1'])
def test_malformed_tag_list_matches_no_version(header: str) -> None:
    assert seen_versions(header) == frozenset()


def test_comma_within_a_tag_does_not_split_it() -> None:
    assert seen_versions('"1,2", "3"') == frozenset({3})
    assert not is_known('"1,2"', etag(1))


@given(st.text(st.characters(codec="latin-1")))
def test_random_header_raises_no_error(header: str) -> None:
    seen = seen_versions(header)
    assert seen is None or all(version >= 0 for version in seen)
    assert is_known(header, etag(1)) in {True, False}
