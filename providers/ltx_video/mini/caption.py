"""From a prompt to what LTX Mini is told: one value for each attribute, and what is said about it.

The model reads a set of words. Two values of one attribute come out as a blend of both, and without
any subject, colour or setting as a blend of all: so the first one that is named is kept, and what
is not named is drawn from the seed before the model sees it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.video.planning.windows import windows_of
from core.video.terms import Role
from providers.ltx_video.mini.vocabulary import (
    ATTRIBUTE_OF,
    PHRASES,
    Attribute,
    PromptReading,
    read,
    tokens_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.video.plan import RenderPlan

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
# What shows a subject in its setting.
_SHOW = (
    Role.START,
    Role.END,
    Role.KEYFRAME,
    Role.REFERENCE,
    Role.SOURCE_VIDEO,
    Role.EXTEND_VIDEO,
    Role.RETAKE_VIDEO,
)
# For the others there is a usual value: at rest, in the middle, of medium size, silent.
_DRAWN = {Attribute.KIND: "thing", Attribute.COLOUR: "colour", Attribute.SETTING: "setting"}
# Words that the tokenizer reads as that very value, where its own name is none.
_SAID = {
    "pan_left": "camera pans left",
    "pan_right": "camera pans right",
    "zoom_in": "camera zooms in",
    "zoom_out": "camera zooms out",
    "camera_still": "static camera",
    "low_tone": "low tone",
    "high_tone": "high tone",
    "move_left": "moving left",
    "move_right": "moving right",
    "move_up": "moving up",
    "move_down": "moving down",
    "place_left": "on the left",
    "place_right": "on the right",
    "place_top": "at the top",
    "place_bottom": "at the bottom",
    "place_centre": "in the centre",
}


@dataclass(frozen=True)
class MiniCaption:
    """What the model is told, and one sentence for each thing that is not as the prompt says it."""

    text: str
    notes: tuple[str, ...]


def mini_caption(
    prompt: str,
    seed: int,
    *,
    has_image: bool,
    has_camera: bool,
    audio_prompt: str = "",
    before: Mapping[Attribute, str] | None = None,
) -> MiniCaption:
    """The caption for a prompt.

    Args:
        prompt: any words.
        seed: decides what the prompt leaves open.
        has_image: an image or a video shows the subject and its setting, so nothing is drawn.
        has_camera: the prompt ends in a camera move that was chosen beside it and counts alone.
        audio_prompt: the words that were chosen for the sound, in which the prompt ends: what they
            say of it counts before what the rest says.
        before: of a part that goes on from another, what that one was told.
    """
    reading = read(prompt)
    kept: dict[Attribute, str] = {}
    for attribute, values in reading.values.items():
        is_chosen = attribute is Attribute.CAMERA and has_camera
        kept[attribute] = values[-1] if is_chosen else values[0]
    for value in read(audio_prompt).values.get(Attribute.AUDIO, ())[:1]:
        kept[Attribute.AUDIO] = value
    taken_over = {
        attribute: value
        for attribute, value in (before or {}).items()
        if attribute in (*_DRAWN, Attribute.SIZE)
        and attribute not in kept
        and value not in reading.denied
    }
    missing = [] if has_image else [attribute for attribute in _DRAWN if attribute not in kept]
    drawn = {attribute: _draw(attribute, seed, reading.denied) for attribute in missing}
    chosen = (*kept.values(), *taken_over.values(), *drawn.values())
    # Word for word where the tokenizer reads the same in it.
    text = prompt if tokens_of(prompt) == chosen else ", ".join(map(said, chosen))
    notes = [*_reading_notes(reading), *_choice_notes(reading, kept, drawn)]
    if taken_over:
        values = ", ".join(map(_plain, taken_over.values()))
        notes.append(f"What a part does not name it takes from the one before: {values}.")
    return MiniCaption(text, tuple(notes))


def _draw(attribute: Attribute, seed: int, denied: tuple[str, ...]) -> str:
    """A value by the seed, the same on every machine and with every version of Python."""
    allowed = [value for value in PHRASES[attribute] if value not in denied] or [
        *PHRASES[attribute]
    ]
    digest = hashlib.sha256(f"{attribute.value} {seed}".encode()).digest()
    return allowed[int.from_bytes(digest[:8], "big") % len(allowed)]


def _reading_notes(reading: PromptReading) -> list[str]:
    notes: list[str] = []
    if reading.unknown_words:
        words = ", ".join(repr(word) for word in reading.unknown_words)
        them = "it" if len(reading.unknown_words) == 1 else "them"
        notes.append(f"LTX Mini does not know {words} and leaves {them} out. {_what_it_knows()}")
    if reading.stray_words:
        words = ", ".join(repr(word) for word in reading.stray_words)
        notes.append(
            f"LTX Mini reads one motion, in one piece as in 'moving left', and leaves out {words}."
        )
    if reading.denied:
        values = ", ".join(map(_plain, reading.denied))
        notes.append(
            f"What the prompt denies is left out ({values}); LTX Mini draws only what is named."
        )
    return notes


def _choice_notes(
    reading: PromptReading, kept: dict[Attribute, str], drawn: dict[Attribute, str]
) -> list[str]:
    notes: list[str] = []
    if drawn:
        *first, last = (f"no {_DRAWN[attribute]}" for attribute in drawn)
        names = f"{', '.join(first)} and {last}" if first else last
        values = ", ".join(map(_plain, drawn.values()))
        notes.append(f"The prompt names {names}, so the seed decides: {values}.")
    if Attribute.KIND in drawn:
        notes.append(f"The things that LTX Mini draws are {_listed(PHRASES[Attribute.KIND])}.")
    for attribute, values in reading.values.items():
        if len(values) > 1:
            named, one = ", ".join(map(_plain, values)), _plain(kept[attribute])
            verb = "makes" if attribute is Attribute.AUDIO else "draws"
            notes.append(
                f"The prompt names several {_PLURALS[attribute]} ({named}); LTX Mini {verb} one, "
                f"{one}."
            )
    return notes


def _what_it_knows() -> str:
    parts = [f"{_PLURALS[attribute]}: {_listed(PHRASES[attribute])}" for attribute in _SHOWN]
    return f"It knows {'; '.join(parts)}; and moves left, right, up and down."


def _listed(values: Iterable[str]) -> str:
    names = [_plain(value) for value in values]
    return f"{', '.join(names[:-1])} or {names[-1]}"


def said(value: str) -> str:
    """A value in words that the tokenizer reads as that very value."""
    return _SAID.get(value, value)


def _plain(value: str) -> str:
    """A value in words: "place_left" is "on the left", "low_tone" is "low tone"."""
    is_setting = ATTRIBUTE_OF[value] is Attribute.SETTING
    return value if is_setting else said(value)


def caption_of(plan: RenderPlan) -> MiniCaption:
    """What LTX Mini is told of a plan's prompt, of a single one."""
    return captions_of(plan)[0]


def captions_of(plan: RenderPlan) -> tuple[MiniCaption, ...]:
    """What LTX Mini is told of each part of a plan; of most there is one."""
    captions: list[MiniCaption] = []
    audio = (plan.request.audio_prompt or "").strip()
    # The two passes at the ends of a video have one prompt, which is read once.
    for window in windows_of(plan) if plan.parts else (plan,):
        before = read(captions[-1].text).values if captions else {}
        captions.append(
            mini_caption(
                window.prompt,
                window.seed,
                # A part that goes on from another begins with what is seen there.
                has_image=bool(captions) or bool(window.request.of_role(*_SHOW)),
                has_camera=window.request.motion.camera is not None,
                audio_prompt=audio if window.prompt.endswith(audio) else "",
                before={attribute: values[0] for attribute, values in before.items()},
            )
        )
    return tuple(captions)
