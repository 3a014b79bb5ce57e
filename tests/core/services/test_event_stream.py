"""Events of a stream, however its bytes are cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.services.event_stream import read_events

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAM = (
    b": a comment\n\n"
    b'event: one\r\ndata: {"a": "\xe2\x80\xa8 and \xc3\xa9"}\r\n\r\n'
    b'event: named\ndata: {"type": "its own",\ndata: "b": 2}\n\n'
    b"data: [DONE]\n\n"
    b'event: last\ndata: {"c": 3}\n'
)
EVENTS = [
    {"type": "one", "a": "\u2028 and é"},
    {"type": "its own", "b": 2},
    {"type": "last", "c": 3},
]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_events_are_the_same_however_the_bytes_are_cut(size: int) -> None:
    chunks = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    assert list(read_events(chunks)) == EVENTS


def test_an_event_is_given_before_the_stream_goes_on() -> None:
    def chunks() -> Iterator[bytes]:
        yield STREAM
        raise AssertionError("nobody wanted more")

    assert next(read_events(chunks())) == EVENTS[0]


def test_an_event_that_is_cut_is_none() -> None:
    assert list(read_events([b'event: last\ndata: {"c": "half'])) == []
