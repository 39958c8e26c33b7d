"""Highlights: HTML-escaped text in which only matches are marked."""

import re

import pytest

from tests.support.searching import SearchedItems, marks, plain

XSS = [
    "<script>alert(1)</script> kite",
    "kite <img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)> kite',
    "<mark>kite</mark>",
    "</mark><b>kite</b><mark>",
    "&lt;kite&gt; &amp; &#60;",
    "kite' onmouseover='alert(1)",
    "<a href='javascript:kite'>kite</a>",
    "<!-- kite --> ]]> <kite>",
]
FILLER = " ".join(f"word{number}" for number in range(300))


@pytest.mark.parametrize(
    ("title", "typed", "expected"),
    [
        ("A yellow kite", "kite", ["kite"]),
        ("A yellow kite, a kite", "kite", ["kite", "kite"]),
        ("Yellow KITES", "kite", ["KITES"]),
        ("Crème brûlée", "creme", ["Crème"]),
        ("Size 4É", "4e", ["4É"]),
        ("Mandolin strings", "mandalin", ["Mandolin"]),
        ("Mandolin strings", "mando", ["Mandolin"]),
        ("A yellow kite", "purple kite", ["kite"]),
        ("A yellow kite", "kite -drum", ["kite"]),
        ("Красный змей", "змей", ["змей"]),
        ("A kite 🪁 here", "🪁", ["🪁"]),
        ("www.kite.com/kite_shop", "kite", ["kite", "kite"]),
        ("kite@example.com", "kite", ["kite"]),
        ("/kite/drum", "kite", ["kite"]),
        ("Kite-shop", "kite", ["Kite"]),
        ("Kite's tail", "kite", ["Kite"]),
        ("x=kite&y", "kite", ["kite"]),
    ],
)
async def test_matches_in_the_title_are_marked(
    items: SearchedItems, title: str, typed: str, expected: list[str]
) -> None:
    await items.put(title)
    highlight = (await items.match(typed)).highlight
    assert marks(highlight.title) == expected
    assert plain(highlight.title) == title
    assert highlight.description is None


@pytest.mark.parametrize(
    "title",
    [
        "東京の赤い凧セット",
        "Party🎉now",
        "A  kite\twith\n凧 blanks ",
        "凧 \u2028 凧",
        "凧" * 200,
        "a\u200b凧",
    ],
)
async def test_title_is_whole_under_its_marks(items: SearchedItems, title: str) -> None:
    await items.put(title)
    typed = "🎉" if "🎉" in title else "凧"
    highlight = (await items.match(typed)).highlight
    assert plain(highlight.title) == title
    assert set("".join(marks(highlight.title))) == {typed}


async def test_matches_in_the_description_are_marked(items: SearchedItems) -> None:
    await items.put("A toy", "Any kite flies & any kite is light.")
    highlight = (await items.match("kite")).highlight
    assert highlight.title == "A toy"
    assert highlight.description
    assert marks(highlight.description) == ["kite", "kite"]
    assert plain(highlight.description) in "Any kite flies & any kite is light."


@pytest.mark.parametrize(("title", "typed"), [("USB-C cable", "usb-c"), ("A 5.5 mm screw", "5.5")])
async def test_words_with_signs_are_marked(items: SearchedItems, title: str, typed: str) -> None:
    """In one piece or in parts."""
    await items.put(title)
    found = "".join(marks((await items.match(typed)).highlight.title))
    assert re.sub("[-.]", "", found.lower()) == re.sub("[-.]", "", typed)


async def test_phrase_is_marked(items: SearchedItems) -> None:
    await items.put("A yellow kite")
    assert " ".join(marks((await items.match('"yellow kite"')).highlight.title)) == "yellow kite"


async def test_description_without_a_match_has_no_highlight(items: SearchedItems) -> None:
    await items.put("A kite", "Flies.")
    highlight = (await items.match("kite")).highlight
    assert (marks(highlight.title), highlight.description) == (["kite"], None)


@pytest.mark.parametrize("place", ["start", "middle", "end"])
async def test_passages_of_a_long_description_are_short(items: SearchedItems, place: str) -> None:
    parts = {"start": f"Kite. {FILLER}", "middle": f"{FILLER} kite {FILLER}", "end": f"{FILLER} kite"}
    await items.put("A toy", parts[place])
    description = (await items.match("kite")).highlight.description
    assert description
    assert [found.lower() for found in marks(description)] == ["kite"]
    assert len(description) < 1000


@pytest.mark.parametrize("text", XSS)
@pytest.mark.parametrize("is_title", [True, False], ids=["title", "description"])
async def test_markup_in_an_item_is_escaped(items: SearchedItems, text: str, *, is_title: bool) -> None:
    await items.put(text if is_title else "A toy", None if is_title else text)
    highlight = (await items.match("kite")).highlight
    html = highlight.title if is_title else highlight.description
    assert html
    assert_escaped(html)
    assert set(marks(html)) == {"kite"}
    if is_title:
        assert plain(html) == text


def assert_escaped(html: str) -> None:
    """Check that there is no tag but `mark`, each of which is closed, and that each `&` begins an entity."""
    rest = re.sub("<mark>[^<>]*</mark>", "", html)
    assert not set(rest) & set("<>\"'"), html
    assert not re.search(r"&(?!(amp|lt|gt|quot|#x27|#x2F|#39|#34);)", html), html


@pytest.mark.parametrize(
    "marker", ["\x01", "\x02", "\x03", "\x1f", "\x02kite\x03", "\x03\x02", "\ue000", "emoji1fa81"]
)
async def test_signs_that_an_engine_may_use_for_marks_do_no_harm(items: SearchedItems, marker: str) -> None:
    await items.put(f"{marker} drum {marker} kite <b>{marker}", f"{marker}drum {marker}")
    highlight = (await items.match("drum")).highlight
    assert_escaped(highlight.title)
    assert_escaped(highlight.description or "")
    assert marks(highlight.title) == ["drum"]
