"""Every mode of LTX Mini as a request, and the files that the modes are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import av

from core.video.planning.prompt_parts import BAR
from core.video.request import Editing, FrameRequest, Input, RenderRequest, Sampling
from core.video.terms import ExtendDirection, Role
from scripts.benchmark.clips import SEED, prompt

if TYPE_CHECKING:
    from core.video.terms import Target

_CLIP = "clip.mp4"
_LONGER = FrameRequest(duration_s=1.0)


@dataclass(frozen=True)
class Mode:
    """A mode: what is asked for beside the prompt.

    Attributes:
        inputs: their paths lie in the folder that `write_inputs` fills.
        prompts: more than one make a clip of as many parts.
    """

    name: str
    inputs: tuple[Input, ...] = ()
    editing: Editing = field(default_factory=Editing)
    frame: FrameRequest = field(default_factory=FrameRequest)
    prompts: int = 1

    def request(self, target: Target, folder: Path, number: int) -> RenderRequest:
        """What is asked of a model, with the prompt of this number and those behind it."""
        words = BAR.join(prompt(number + place) for place in range(self.prompts))
        return RenderRequest(
            target=target,
            prompt=words,
            inputs=tuple(
                item.model_copy(update={"path": folder / item.path}) for item in self.inputs
            ),
            editing=self.editing,
            frame=self.frame,
            sampling=Sampling(seed=SEED),
        )


def _input(role: Role, name: str, at_s: float | None = None) -> Input:
    return Input(role=role, path=Path(name), at_s=at_s)


def _extending(name: str, direction: ExtendDirection) -> Mode:
    clip = _input(Role.EXTEND_VIDEO, _CLIP)
    return Mode(name, (clip,), Editing(direction=direction), _LONGER)


MODES: tuple[Mode, ...] = (
    Mode("text"),
    Mode("start image", (_input(Role.START, "first.png"),)),
    Mode("start and end image", (_input(Role.START, "first.png"), _input(Role.END, "last.png"))),
    Mode("keyframes", (_input(Role.KEYFRAME, "middle.png", 1.0), _input(Role.END, "last.png"))),
    Mode("reference image", (_input(Role.REFERENCE, "middle.png"),)),
    Mode("video to video", (_input(Role.SOURCE_VIDEO, _CLIP),), Editing(strength=0.7)),
    _extending("extend", ExtendDirection.FORWARD),
    _extending("extend backward", ExtendDirection.BACKWARD),
    _extending("extend at both ends", ExtendDirection.BOTH),
    Mode(
        "retake",
        (_input(Role.RETAKE_VIDEO, _CLIP),),
        Editing(retake_from_s=0.5, retake_to_s=1.5),
    ),
    Mode("audio to video", (_input(Role.AUDIO, _CLIP),)),
    Mode("three prompts", prompts=3),
)
"""All of them; an image is a frame of such a clip, and Mini has no second stage."""


def write_inputs(clip: Path, folder: Path) -> None:
    """Put a clip with sound, and its first, middle and last frame, where modes look for them."""
    (folder / _CLIP).write_bytes(clip.read_bytes())
    with av.open(str(clip)) as container:
        images = [frame.to_image() for frame in container.decode(video=0)]
    for name, number in (("first", 0), ("middle", len(images) // 2), ("last", -1)):
        images[number].save(folder / f"{name}.png")
