"""Templates become words, each with the concept it names."""

import pytest
from benchmarks.relevance.wording import Piece, concepts_of, pieces, plural, text_of

VALUES = {
    "product": "wine glass",
    "products": "wine glass",
    "colour": "red",
    "size": "500_ml",
    "brand": "Núñez",
}


@pytest.mark.parametrize(
    ("template", "text", "concepts"),
    [
        ("A {colour} {product}", "A red wine glass", ("", "red", "wine", "glass")),
        ("Four {products}", "Four wine glasses", ("", "wine", "glass")),
        ("{product}, {size}.", "wine glass, 500 ml.", ("wine", "glass", "500_ml")),
        ("({colour}) {brand}", "(red) Núñez", ("red", "núñez")),
        ("{product} {material} of~{wood}", "wine glass", ("wine", "glass")),
        ("{product} by~{brand}", "wine glass by Núñez", ("wine", "glass", "", "núñez")),
        ("{colour}~の {product}", "red の wine glass", ("red", "", "wine", "glass")),
        ("{product}, {material}", "wine glass", ("wine", "glass")),
    ],
)
def test_template_is_filled(template: str, text: str, concepts: tuple[str, ...]) -> None:
    words = list(pieces(template, VALUES))
    assert text_of(words, " ") == text
    assert concepts_of(words) == concepts


def test_words_of_some_scripts_have_nothing_between_them() -> None:
    assert text_of([Piece("红色", "红色"), Piece("茶壶", "茶壶")], "") == "红色茶壶"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("bicycle", "bicycles"),
        ("dish", "dishes"),
        ("box", "boxes"),
        ("glass", "glasses"),
        ("diary", "diaries"),
        ("tray", "trays"),
        ("knife", "knives"),
        ("mouse", "mice"),
    ],
)
def test_plural(word: str, expected: str) -> None:
    assert plural(word) == expected
