"""Every mode of a model through the engine and by a bare script, side by side."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from core.jobs.job import CancelToken, JobContext
from providers.engine.engine_process import ENGINE_ENVIRONMENT
from providers.ltx_video.engine.protocol import RenderOrder
from providers.ltx_video.local_render import in_its_words
from providers.weights.model_folder import model_key
from scripts.benchmark.engine.bare_messages import BareAnswer, BareCall, BareOrder
from scripts.benchmark.figures import Series, ratio
from scripts.benchmark.tables import Goal
from scripts.markdown import markdown_table

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from core.video.plan import RenderPlan
    from core.video.provider import VideoProvider
    from providers.ltx_video.models.catalog import LocalModel

_ROOT = Path(__file__).resolve().parents[3]
_MOST = 1.05


@dataclass(frozen=True)
class Race:
    """Seconds of both sides for one mode, and how their clips compare.

    Attributes:
        bare_work, engine_work: seconds of the processors, of all processes that took part: what
            others do on this machine changes it less.
    """

    mode: str
    call: BareCall
    bare: Series
    engine: Series
    bare_work: Series
    engine_work: Series
    num_frames: int
    identical_frames: int
    is_audio_identical: bool
    identical_files: int

    @property
    def ratio(self) -> float:
        """How many times as long the engine takes."""
        return ratio(self.engine, self.bare)

    @property
    def work_ratio(self) -> float:
        """How many times as much the processors work."""
        return ratio(self.engine_work, self.bare_work)

    @property
    def difference(self) -> str:
        """What is not identical, in words; empty where all is."""
        rounds = len(self.engine.values)
        differences = (
            (self.identical_frames < self.num_frames, f"frames {self.frames_text}"),
            (not self.is_audio_identical, "audio"),
            (self.identical_files < rounds, f"files {self.identical_files} of {rounds}"),
        )
        return ", ".join(text for differs, text in differences if differs)

    @property
    def frames_text(self) -> str:
        """How many of the frames are identical."""
        return f"{self.identical_frames} of {self.num_frames}"


class BareProcess:
    """The bare script, warm between clips."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def render(self, order: RenderOrder, *, compares: bool = False) -> BareAnswer:
        """Have one clip made.

        Raises:
            RuntimeError: the script has ended.
        """
        request = BareOrder(order=order, compares=compares).model_dump_json()
        assert self._process.stdin is not None, "opened as a pipe"
        assert self._process.stdout is not None, "opened as a pipe"
        self._process.stdin.write(f"{request}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The bare script has ended; its last words are above.")
        return BareAnswer.model_validate_json(line)


@contextmanager
def bare_process() -> Generator[BareProcess]:
    """Start the bare script and end it afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.benchmark.engine.bare_diffusers"],
        cwd=_ROOT,
        env=os.environ | ENGINE_ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield BareProcess(process)
    finally:
        process.kill()
        process.communicate()


def race(
    mode: str,
    provider: VideoProvider,
    bare: BareProcess,
    orders: Sequence[RenderOrder],
    tell: Callable[[str], None] = lambda _: None,
) -> Race:
    """Make each clip on both sides, in turns; the first is for warming up and is not timed.

    Which side begins changes from clip to clip, so that neither always has the cooler processor.

    Args:
        mode: its name.
        provider: has the engine.
        bare: the rival.
        orders: of clips with different prompts, as otherwise one would be read only once.
        tell: is told what is under way.
    """
    warm_up, *timed = orders
    tell(f"{mode}, warming up")
    first = bare.render(warm_up, compares=True)
    render(provider, warm_up)
    bares: list[_Clip] = []
    engines: list[_Clip] = []
    for number, order in enumerate(timed):
        tell(f"{mode}, {number + 1} of {len(timed)}")
        if number % 2:
            engines.append(_engine_clip(provider, order))
            bares.append(_bare_clip(bare, order))
        else:
            bares.append(_bare_clip(bare, order))
            engines.append(_engine_clip(provider, order))
    same = (
        one.file.read_bytes() == other.file.read_bytes()
        for one, other in zip(bares, engines, strict=True)
    )
    return Race(
        mode=mode,
        call=first.call,
        bare=Series("bare script", tuple(clip.seconds for clip in bares)),
        engine=Series("ImageAI's engine", tuple(clip.seconds for clip in engines)),
        bare_work=Series("bare script", tuple(clip.work_s for clip in bares)),
        engine_work=Series("ImageAI's engine", tuple(clip.work_s for clip in engines)),
        num_frames=first.num_frames,
        identical_frames=first.identical_frames or 0,
        is_audio_identical=bool(first.is_audio_identical),
        identical_files=sum(same),
    )


def render(provider: VideoProvider, order: RenderOrder) -> Path:
    """Have the provider make a clip; its file."""
    context = JobContext(order.workdir, CancelToken(), lambda _: None)
    return provider.render(order.plan, context).path


@dataclass(frozen=True)
class _Clip:
    file: Path
    seconds: float
    work_s: float


def _engine_clip(provider: VideoProvider, order: RenderOrder) -> _Clip:
    before, started = _work_s(), time.perf_counter()
    file = render(provider, order)
    return _Clip(file, time.perf_counter() - started, _work_s() - before)


def _bare_clip(bare: BareProcess, order: RenderOrder) -> _Clip:
    before = _work_s()
    answer = bare.render(order)
    return _Clip(Path(answer.clip), answer.seconds, _work_s() - before)


def _work_s() -> float:
    """Seconds for which processors have worked for this process and all that it started.

    One side rests while the other works, so what is added meanwhile is that side's alone.
    """
    own = psutil.Process()
    return sum(sum(each.cpu_times()[:4]) for each in (own, *own.children(recursive=True)))


def order_for(plan: RenderPlan, model: LocalModel, files: Path, workdir: Path) -> RenderOrder:
    """The order for a fitted plan, without inputs; its caches lie beside its own folder."""
    assert plan.memory_plan is not None, "the provider has fitted the plan"
    workdir.mkdir(parents=True)
    return RenderOrder(
        number=1,
        plan=in_its_words(plan, model),
        memory=plan.memory_plan,
        profile=model.profile,
        folder=files,
        model_key=model_key(files),
        repair="",
        workdir=workdir,
        images=(),
        embeddings_dir=workdir.parent / "prompts",
        offload_dir=workdir.parent / "offload",
    )


def table(races: Sequence[Race]) -> str:
    """A row for each mode."""
    head = (
        "mode",
        "bare call",
        "bare, s",
        "engine, s",
        "ratio",
        "work",
        "same frames",
        "same files",
    )
    rows = [
        (
            one.mode,
            one.call.value,
            f"{one.bare.median:.2f}",
            f"{one.engine.median:.2f}",
            f"{one.ratio:.2f}",
            f"{one.work_ratio:.2f}",
            one.frames_text,
            f"{one.identical_files} of {len(one.engine.values)}",
        )
        for one in races
    ]
    return markdown_table(head, rows, has_numbers=True)


def goals(races: Sequence[Race]) -> tuple[Goal, ...]:
    """Nothing changed in any mode, and hardly any time lost."""
    differing = "; ".join(f"{one.mode}: {one.difference}" for one in races if one.difference)
    slow = [f"{one.mode}: {one.ratio:.2f}" for one in races if one.ratio > _MOST]
    return (
        Goal(_named("Frames, audio and files identical in every mode", differing), not differing),
        Goal(_named(f"At most {_MOST:g} times the bare script's time", ", ".join(slow)), not slow),
    )


def _named(goal: str, missed: str) -> str:
    return f"{goal} ({missed})" if missed else goal
