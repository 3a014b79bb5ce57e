"""What LTX Mini understands of a prompt, told before it is drawn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from providers.ltx_video.mini.vocabulary import PHRASES, Attribute, read, replacements
from providers.ltx_video.models.profiles import LTX_MINI

if TYPE_CHECKING:
    from collections.abc import Iterable

# The tokenizer adds a mark at each end.
MOST_TOKENS = LTX_MINI.max_sequence_length - 2

_TOKEN = re.compile(r"<\w+>")
_PLURALS = {
    Attribute.SIZE: "sizes",
    Attribute.COLOUR: "colours",
    Attribute.KIND: "things",
    Attribute.MOTION: "motions",
    Attribute.PLACE: "places",
    Attribute.SETTING: "settings",
    Attribute.CAMERA: "camera moves",
    Attribute.AUDIO: "sounds",
}
_SHOWN = (Attribute.KIND, Attribute.COLOUR, Attribute.SETTING, Attribute.AUDIO)


def count_tokens(prompt: str) -> int:
    """How many tokens Mini's tokenizer makes of a prompt; words it does not know make none."""
    text = prompt.lower()
    for pattern, token in replacements():
        text = re.sub(pattern, token, text)
    return len(_TOKEN.findall(text))


def mini_notes(prompt: str) -> tuple[str, ...]:
    """One sentence for each thing that the clip will not show as the prompt says it."""
    reading = read(prompt)
    notes: list[str] = []
    if reading.unknown_words:
        words = ", ".join(repr(word) for word in reading.unknown_words)
        notes.append(f"LTX Mini does not know {words} and leaves it out. {_what_it_knows()}")
    if reading.value(Attribute.KIND) is None:
        things = _listed(PHRASES[Attribute.KIND])
        notes.append(f"The prompt names nothing that LTX Mini draws, so it chooses. Name {things}.")
    for attribute, values in reading.values.items():
        if len(values) > 1:
            named = ", ".join(_plain(value) for value in values)
            notes.append(
                f"The prompt names several {_PLURALS[attribute]} ({named}); LTX Mini draws one."
                if attribute is not Attribute.AUDIO
                else f"The prompt names several sounds ({named}); LTX Mini makes one."
            )
    return tuple(notes)


def _what_it_knows() -> str:
    parts = [f"{_PLURALS[attribute]}: {_listed(PHRASES[attribute])}" for attribute in _SHOWN]
    return f"It knows {'; '.join(parts)}; and moves left, right, up and down."


def _listed(values: Iterable[str]) -> str:
    names = [_plain(value) for value in values]
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _plain(value: str) -> str:
    """A value in words: "place_left" is "left", "low_tone" is "low tone"."""
    return value.removeprefix("place_").removeprefix("move_").replace("_", " ")
