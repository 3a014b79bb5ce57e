"""Who answers a question with a clip: the program with its built-in model, or the world itself."""

from __future__ import annotations

import itertools
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

import av
import numpy as np

from core.config.api_keys import ApiKeys
from core.config.settings import Settings
from core.jobs.job import CancelToken, JobContext
from core.platform.machine import read_machine
from core.platform.paths import Paths
from core.video.inputs import CheckedInputs
from core.video.planning.clip_plan import make_plan
from core.video.provider import NotReady, ProviderContext
from core.video.request import FrameRequest, Input, RenderRequest, Sampling
from core.video.terms import Role, Target
from providers.ltx_video.engine.clip import Audio, write_clip
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.catalog import BY_ID, DEPLOYMENT, PROVIDER
from providers.ltx_video.models.info import LTXModel
from scripts.ltx_mini.sounds import WAVE_RATE_HZ, wave
from scripts.ltx_mini.world import draw

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

    from scripts.ltx_mini.questions import Question

FPS = 16


@dataclass(frozen=True)
class Clip:
    """A clip as it comes out of its file.

    Attributes:
        frames: (frames, height, width, 3) uint8.
        samples: (channels, count) float32, -1 to 1.
        seconds: from the order to the finished file.
    """

    frames: NDArray[np.uint8]
    samples: NDArray[np.float32]
    rate_hz: int
    seconds: float


class Renderer(Protocol):
    """Answers questions; `start_image` is a PNG of the clip's size."""

    def render(self, question: Question, start_image: Path | None = None) -> Clip:
        """The clip for a question."""
        ...


class WorldRenderer:
    """Draws what was asked for: the control, which shows what file and analyser get wrong."""

    def render(self, question: Question, start_image: Path | None = None) -> Clip:
        """The drawn clip out of an MP4 file; a start image of the same scene changes nothing."""
        started = time.perf_counter()
        frames = draw(question.scene, question.width, question.height, question.num_frames)
        samples = wave(
            question.scene.sound, WAVE_RATE_HZ * question.num_frames // FPS, WAVE_RATE_HZ
        )
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "drawn.mp4"
            write_clip(file, frames, FPS, Audio(samples, WAVE_RATE_HZ), lambda _: None)
            return _read_clip(file, time.perf_counter() - started)


class MiniRenderer:
    """LTX Mini as the program runs it: planned, rendered by the engine, read back from the MP4."""

    def __init__(self) -> None:
        self._spec = BY_ID[LTXModel.LTX_MINI].spec
        self._target = Target(
            provider=PROVIDER, deployment=DEPLOYMENT, model=LTXModel.LTX_MINI.value
        )
        self._folder = tempfile.TemporaryDirectory(prefix="ltx-mini-")
        self._numbers = itertools.count(1)
        self._provider = LocalLTX(
            ProviderContext(Paths.below(self._home), Settings, ApiKeys(), read_machine)
        )

    @property
    def _home(self) -> Path:
        return Path(self._folder.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._provider.close()
        self._folder.cleanup()

    def reason_against(self) -> str:
        """Why Mini cannot render, or ""."""
        readiness = self._provider.check(self._target)
        return f"{readiness.reason} {readiness.fix}" if isinstance(readiness, NotReady) else ""

    def render(self, question: Question, start_image: Path | None = None) -> Clip:
        """The clip that a person would get for the caption."""
        workdir = self._home / f"clip{next(self._numbers)}"
        workdir.mkdir()
        request = RenderRequest(
            target=self._target,
            prompt=question.caption,
            frame=FrameRequest(
                resolution=f"{question.width}x{question.height}",
                duration_s=(question.num_frames - 1) / FPS,
            ),
            inputs=() if start_image is None else (Input(role=Role.START, path=start_image),),
            sampling=Sampling(seed=question.seed),
        )
        sizes = {} if start_image is None else {Role.START: (question.width, question.height)}
        started = time.perf_counter()
        plan = self._provider.fit(make_plan(request, self._spec, CheckedInputs(sizes)))
        made = self._provider.render(plan, JobContext(workdir, CancelToken(), lambda _: None))
        seconds = time.perf_counter() - started
        return _read_clip(made.path, seconds)


def _read_clip(file: Path, seconds: float) -> Clip:
    with av.open(str(file)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    with av.open(str(file)) as container:
        rate_hz = container.streams.audio[0].rate
        sound = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return Clip(
        np.stack(frames).astype(np.uint8, copy=False),
        np.concatenate(sound, axis=1).astype(np.float32, copy=False),
        int(rate_hz),
        seconds,
    )
