"""Part "engine": the engine against a bare diffusers script, the same clip side by side."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.jobs.job import CancelToken, JobContext
from providers.ltx_video.engine.engine_process import ENGINE_ENVIRONMENT
from providers.ltx_video.engine.protocol import RenderOrder
from providers.ltx_video.install.model_files import folder_of, model_key
from providers.ltx_video.models.catalog import BY_ID
from scripts.benchmark.bare_messages import BareAnswer, BareOrder
from scripts.benchmark.clips import TARGET, fresh_studio, planned, scratch
from scripts.benchmark.figures import Series, ratio
from scripts.benchmark.tables import Goal, Section, series_table

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from core.video.plan import RenderPlan
    from core.video.provider import VideoProvider
    from providers.ltx_video.models.profiles import Profile

_ROOT = Path(__file__).resolve().parents[2]
_MOST = 1.05


@dataclass(frozen=True)
class Race:
    """Seconds of both sides, and how their clips compare."""

    bare: Series
    engine: Series
    num_frames: int
    identical_frames: int
    is_audio_identical: bool
    identical_files: int


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
            raise RuntimeError("The bare diffusers script has ended; its last words are above.")
        return BareAnswer.model_validate_json(line)


@contextmanager
def bare_process() -> Generator[BareProcess]:
    """Start the bare script and end it afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.benchmark.bare_diffusers"],
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
    provider: VideoProvider,
    bare: BareProcess,
    orders: Sequence[RenderOrder],
) -> Race:
    """Make each clip on both sides, in turns; the first is for warming up and is not timed.

    Which side begins changes from clip to clip, so that neither always has the cooler processor.
    """
    times: dict[str, list[float]] = {"bare": [], "engine": []}
    warm_up, *timed = orders
    first = bare.render(warm_up, compares=True)
    _render(provider, warm_up)
    identical_files = 0
    for number, order in enumerate(timed):
        if number % 2:
            engine_s, clip = _render(provider, order)
            answer = bare.render(order)
        else:
            answer = bare.render(order)
            engine_s, clip = _render(provider, order)
        times["bare"].append(answer.seconds)
        times["engine"].append(engine_s)
        identical_files += clip.read_bytes() == Path(answer.clip).read_bytes()
    return Race(
        bare=Series("bare diffusers script", tuple(times["bare"])),
        engine=Series("ImageAI's engine", tuple(times["engine"])),
        num_frames=first.num_frames,
        identical_frames=first.identical_frames or 0,
        is_audio_identical=bool(first.is_audio_identical),
        identical_files=identical_files,
    )


def _render(provider: VideoProvider, order: RenderOrder) -> tuple[float, Path]:
    context = JobContext(order.workdir, CancelToken(), lambda _: None)
    started = time.perf_counter()
    clip = provider.render(order.plan, context).path
    return time.perf_counter() - started, clip


def order_for(
    plan: RenderPlan, number: int, profile: Profile, folder: Path, scratch_dir: Path
) -> RenderOrder:
    """The order for a plan, with a folder of its own for the files."""
    assert plan.memory_plan is not None, "the provider has fitted the plan"
    workdir = scratch_dir / f"clip{number}"
    workdir.mkdir()
    return RenderOrder(
        number=number,
        plan=plan,
        memory=plan.memory_plan,
        profile=profile,
        folder=folder,
        model_key=model_key(folder),
        repair="",
        workdir=workdir,
        images=(),
        embeddings_dir=scratch_dir / "prompts",
        offload_dir=scratch_dir / "offload",
    )


def measure(repeats: int) -> Section:
    """Run the part."""
    with scratch() as folder, fresh_studio(folder / "home") as studio, bare_process() as bare:
        model = BY_ID[TARGET.model]
        files = folder_of(model, studio.paths.models_dir)
        plans = [planned(studio, number).plan for number in range(repeats + 1)]
        orders = [
            order_for(plan, number, model.profile, files, folder)
            for number, plan in enumerate(plans)
        ]
        return section(race(studio.registry.open(TARGET), bare, orders), plans[0])


def section(found: Race, plan: RenderPlan) -> Section:
    """The outcome in words."""
    return Section(
        title="The engine against a bare diffusers script",
        table=series_table((found.bare, found.engine), "s", 2),
        findings=(
            f"From prompt to MP4 file, both warm: {plan.spec.label}, {plan.width}x{plan.height}, "
            f"{plan.num_frames} frames, {plan.num_inference_steps} steps, the same seed; another "
            "prompt each time, in turns.",
            f"Identical before encoding: {found.identical_frames} of {found.num_frames} frames, "
            f"sound {'identical' if found.is_audio_identical else 'DIFFERENT'}. Identical files, "
            f"byte for byte: {found.identical_files} of {len(found.engine.values)}.",
        ),
        goals=goals(found),
    )


def goals(found: Race) -> tuple[Goal, ...]:
    """Nothing changed, and hardly any time lost."""
    same = (
        found.identical_frames == found.num_frames
        and found.is_audio_identical
        and found.identical_files == len(found.engine.values)
    )
    return (
        Goal("Frames and sound identical", same),
        Goal(
            f"At most {_MOST:g} times the bare script's time",
            ratio(found.engine, found.bare) <= _MOST,
        ),
    )
