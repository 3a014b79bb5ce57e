"""From the words behind the options to a request; what cannot be read is collected, not raised."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.errors import Problem
from core.video.request import (
    AUTO,
    FrameRequest,
    Input,
    Motion,
    RenderRequest,
    Role,
    Sampling,
    Target,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.config.settings import RenderSettings
    from core.video.provider import ProviderInfo

T = TypeVar("T")

OPTION_OF_FIELD = {
    "prompt": "--prompt",
    "negative_prompt": "--negative-prompt",
    "target.provider": "--provider",
    "target.deployment": "--deployment",
    "target.model": "--model",
    "target": "--model",
    "task": "--image",
    "inputs.start": "--image",
    "frame.resolution": "--resolution",
    "frame.aspect": "--aspect",
    "frame.fps": "--fps",
    "frame.duration_s": "--duration",
    "motion.camera": "--camera-motion",
    "motion.speed": "--camera-speed",
    "audio": "--audio",
    "sampling.seed": "--seed",
    "sampling.num_inference_steps": "--steps",
    "sampling.guidance_scale": "--guidance",
    "out": "--out",
}
"""Where on the command line each part of a request is asked for."""


@dataclass(frozen=True)
class RenderArguments:
    """The options of a render as they were typed; None where one was not given."""

    provider: str | None = None
    deployment: str | None = None
    model: str | None = None
    prompt: str | None = None
    negative_prompt: str | None = None
    out: str | None = None
    image: str | None = None
    duration: str | None = None
    fps: str | None = None
    resolution: str | None = None
    aspect: str | None = None
    seed: str | None = None
    steps: str | None = None
    guidance: str | None = None
    audio: bool | None = None
    camera_motion: str | None = None
    camera_speed: str | None = None
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class ParsedArguments:
    """What the arguments say, and what is wrong with them."""

    request: RenderRequest
    out: Path | None
    problems: tuple[Problem, ...]


def read_arguments(
    typed: RenderArguments, settings: RenderSettings, infos: Iterable[ProviderInfo]
) -> ParsedArguments:
    """The request that was typed; a value that cannot be read is left out and told."""
    reader = _ArgumentReader()
    image = reader.path("--image", typed.image)
    request = RenderRequest(
        target=choose_target(typed, settings, infos),
        prompt=typed.prompt or "",
        negative_prompt=typed.negative_prompt,
        frame=FrameRequest(
            resolution=reader.text("--resolution", typed.resolution),
            aspect=reader.text("--aspect", typed.aspect),
            fps=reader.whole("--fps", typed.fps),
            duration_s=reader.seconds("--duration", typed.duration),
        ),
        inputs=() if image is None else (Input(role=Role.START, path=image),),
        motion=Motion(
            camera=reader.text("--camera-motion", typed.camera_motion),
            speed=reader.number("--camera-speed", typed.camera_speed),
        ),
        audio=typed.audio,
        sampling=Sampling(
            seed=reader.whole("--seed", typed.seed),
            num_inference_steps=reader.whole("--steps", typed.steps),
            guidance_scale=reader.number("--guidance", typed.guidance),
        ),
    )
    return ParsedArguments(request, reader.path("--out", typed.out), tuple(reader.problems))


def choose_target(
    typed: RenderArguments, settings: RenderSettings, infos: Iterable[ProviderInfo]
) -> Target:
    """Who renders: as typed, else as set; a set deployment or model counts for its own provider."""
    provider = typed.provider or settings.provider
    deployment = typed.deployment
    if deployment is None:
        offered = [info.deployment for info in infos if info.id == provider]
        is_set = provider == settings.provider or not offered
        deployment = settings.deployment if is_set else offered[0]
    is_set = (provider, deployment) == (settings.provider, settings.deployment)
    model = typed.model or (settings.model if is_set else AUTO)
    return Target(provider=provider, deployment=deployment, model=model)


class _ArgumentReader:
    """Reads values one by one and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def text(self, option: str, value: str | None) -> str | None:
        if value is not None and not value.strip():
            self._refuse(option, f"{option} is empty. Give it a value or leave it out.")
            return None
        return value

    def path(self, option: str, value: str | None) -> Path | None:
        text = self.text(option, value)
        if text is not None and "\0" in text:
            self._refuse(option, f"{option}: {text!r} cannot be a file name.")
            return None
        return None if text is None else Path(text)

    def whole(self, option: str, value: str | None) -> int | None:
        return self._read(option, value, int, "a whole number")

    def number(self, option: str, value: str | None) -> float | None:
        return self._read(option, value, _finite, "a number")

    def seconds(self, option: str, value: str | None) -> float | None:
        return self._read(option, value, _seconds, "a number of seconds")

    def _read(
        self, option: str, value: str | None, convert: Callable[[str], T], kind: str
    ) -> T | None:
        text = self.text(option, value)
        if text is None:
            return None
        try:
            return convert(text.strip())
        except (ValueError, OverflowError):
            self._refuse(option, f"{option} takes {kind}, not {text!r}.")
            return None

    def _refuse(self, option: str, message: str) -> None:
        self.problems.append(Problem(option, message))


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _seconds(text: str) -> float:
    return _finite(text.removesuffix("s"))
