"""Large bodies are the same whether or not they are worked on in slices."""

import json
from collections.abc import AsyncIterator

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from hello.interface.http.large import PIECE_BYTES, SLICE_BYTES, LargeResponse, in_slices, json_page


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
async def test_response_is_sent_whole_in_pieces(size: int) -> None:
    body, sent = bytes(number % 251 for number in range(size)), list[Message]()

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise NotImplementedError

    await LargeResponse(body)({"type": "http"}, receive, send)
    start, *pieces = sent
    assert dict(start["headers"])[b"content-length"] == str(size).encode()
    assert b"".join(piece["body"] for piece in pieces) == body
    assert max(len(piece["body"]) for piece in pieces) <= PIECE_BYTES
    assert [piece.get("more_body", False) for piece in pieces] == [True] * (len(pieces) - 1) + [False]


@given(st.lists(st.binary(max_size=3 * SLICE_BYTES), max_size=5))
async def test_slices_are_small_and_complete(chunks: list[bytes]) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    slices = [piece async for piece in in_slices(stream())]
    assert b"".join(slices) == b"".join(chunks)
    assert all(len(piece) <= SLICE_BYTES for piece in slices)


@given(
    st.lists(st.text(max_size=2 * SLICE_BYTES), max_size=5), st.dictionaries(st.sampled_from("ab"), st.text())
)
async def test_page_is_the_json_of_its_entries(entries: list[str], rest: dict[str, str]) -> None:
    page = json.loads(await json_page("entries", entries, orjson.dumps, **rest))
    assert page == rest | {"entries": entries}
