"""An answer that comes piece by piece, as a stream of events (SSE), each a JSON object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EVENT_STREAM = "text/event-stream"


def read_events(chunks: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The events of a stream, each as soon as it is whole; others than objects are passed over.

    An event whose object names no `type` has the stream's own word for it there.
    """
    name, data = "", list[str]()
    for line in _lines(chunks):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif not line:
            yield from _event(name, data)
            name, data = "", []
    # A stream may end without the line that ends its last event.
    yield from _event(name, data)


def _event(name: str, data: list[str]) -> Iterator[dict[str, Any]]:
    try:
        found: Any = json.loads("\n".join(data))
    except ValueError:
        return
    if isinstance(found, dict):
        yield {"type": name, **cast("dict[str, Any]", found)}


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    # By line feeds alone: `splitlines` also breaks at characters that JSON may hold.
    begun: list[bytes] = []
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for end in ended:
            yield b"".join((*begun, end)).removesuffix(b"\r").decode(errors="replace")
            begun.clear()
        begun.append(rest)
    yield b"".join(begun).decode(errors="replace")
