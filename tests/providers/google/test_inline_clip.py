"""A clip inside of an answer, however it is cut and written."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.google.veo.inline_clip import InlineClip, has_begun


def fed(answer: bytes, size: int) -> tuple[bytes, bool]:
    """What comes of an answer that arrives in pieces of that size, and whether it was whole."""
    clip = InlineClip()
    pieces = [clip.feed(answer[at : at + size]) for at in range(0, len(answer), size)]
    return b"".join(pieces), clip.is_whole


@given(
    content=st.binary(max_size=300),
    size=st.integers(1, 80),
    is_escaped=st.booleans(),
    is_for_urls=st.booleans(),
    is_first=st.booleans(),
)
def test_any_clip_comes_out_as_it_was_whatever_the_pieces(
    content: bytes, size: int, is_escaped: bool, is_for_urls: bool, is_first: bool
) -> None:
    encode = base64.urlsafe_b64encode if is_for_urls else base64.b64encode
    video = {"bytesBase64Encoded": encode(content).decode(), "mimeType": "video/mp4"}
    fields = [("name", "projects/p/operations/1"), ("response", {"videos": [video]})]
    text = json.dumps(dict(reversed(fields) if is_first else fields), indent=size % 3)
    if is_escaped:
        text = text.replace("=", "\\u003d").replace("/", "\\/")
    assert has_begun(text.encode())
    assert fed(text.encode(), size) == (content, True)


def test_what_breaks_off_is_not_whole_and_gives_what_came() -> None:
    content = bytes(range(90))
    text = json.dumps({"bytesBase64Encoded": base64.b64encode(content).decode()})
    came, is_whole = fed(text.encode()[:-40], 7)
    assert content.startswith(came)
    assert not is_whole


def test_what_is_no_base64_is_refused() -> None:
    with pytest.raises(ValueError, match="base64"):
        fed(b'{"bytesBase64Encoded": "****"}', 8)


def test_an_answer_without_a_clip_has_none() -> None:
    assert not has_begun(b'{"done": true}')
    assert fed(b'{"done": true}', 3) == (b"", False)
