"""Edits of one scene as pure functions, for one scene or for many at once."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from core.video.controls import Control

if TYPE_CHECKING:
    from pathlib import Path

    from core.project.model.project import Scene


class FrameSlot(StrEnum):
    """The two pictures between which a scene's clip may be made."""

    START = "start"
    END = "end"

    @property
    def label(self) -> str:
        """As shown: "start frame"."""
        return f"{self.value} frame"


def frame_of(scene: Scene, slot: FrameSlot) -> Path | None:
    """The scene's picture in that slot."""
    return scene.start_image if slot is FrameSlot.START else scene.end_image


def with_frame(scene: Scene, slot: FrameSlot, path: Path | None) -> Scene:
    """The scene with a picture in a slot; with a start frame it no longer goes on from another."""
    if slot is FrameSlot.END:
        return scene.model_copy(update={"end_image": path})
    continues = scene.continues and path is None
    return scene.model_copy(update={"start_image": path, "continues": continues})


def with_continues(scene: Scene, continues: bool) -> Scene:
    """The scene going on from the one before it, or not; its start frame is kept."""
    return scene.model_copy(update={"continues": continues})


def with_duration(scene: Scene, seconds: float | None) -> Scene:
    """The scene with a length of its own; None for the project's."""
    if seconds is None:
        return scene.without_own(Control.DURATION)
    return scene.with_own(Control.DURATION, seconds)


def with_seed(scene: Scene, seed: int) -> Scene:
    """The scene with a seed of its own, so that the same settings give the same clip."""
    return scene.with_own(Control.SEED, seed)


def with_cut(scene: Scene, name: str, value: object) -> Scene:
    """The scene with one field of its cut changed."""
    return scene.model_copy(update={"cut": scene.cut.model_copy(update={name: value})})


def with_prompt(scene: Scene, prompt: str) -> Scene:
    """The scene with another prompt."""
    return scene.model_copy(update={"prompt": prompt})


def append_to_prompt(scene: Scene, words: str) -> Scene:
    """The scene with words after its prompt, a space between them."""
    joined = f"{scene.prompt.rstrip()} {words.strip()}".strip()
    return with_prompt(scene, joined) if words.strip() else scene


def replace_in_prompt(scene: Scene, find: str, replacement: str, *, matches_case: bool) -> Scene:
    """The scene with every occurrence of a text in its prompt replaced."""
    if not find:
        return scene
    flags = re.NOFLAG if matches_case else re.IGNORECASE
    return with_prompt(
        scene, re.sub(re.escape(find), lambda _: replacement, scene.prompt, flags=flags)
    )


def count_in_prompt(scene: Scene, find: str, *, matches_case: bool) -> int:
    """How often a text occurs in a scene's prompt."""
    flags = re.NOFLAG if matches_case else re.IGNORECASE
    return len(re.findall(re.escape(find), scene.prompt, flags)) if find else 0
