"""Cursors: what is sealed can be opened, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hello.core.cursors import Cursors

CURSORS = Cursors(b"secret")
parts = st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8")), min_size=1, max_size=4)


@given(parts)
def test_sealed_cursor_can_be_opened(given_parts: list[str]) -> None:
    assert CURSORS.open(CURSORS.seal(*given_parts)) == given_parts


@given(st.text())
def test_made_up_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        CURSORS.open(text)


def test_cursor_of_another_secret_or_changed_is_refused() -> None:
    sealed = CURSORS.seal("today", "2026-01-01")
    for forged in (
        Cursors(b"other").seal("today", "2026-01-01"),
        sealed + "A",
        sealed[:-1],
        sealed.swapcase(),
    ):
        with pytest.raises(ValueError):  # noqa: PT011
            CURSORS.open(forged)
