"""Measures each memory layout of a model, each way to compute, and the bare diffusers call."""

# pyright: standard

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2ConditionPipeline

from core.errors import StudioError
from core.jobs.job import CancelToken
from core.jobs.lanes import Stage
from core.platform.machine import free_disk_bytes
from core.video.memory import Device
from core.video.planning.clip_plan import make_plan
from core.video.request import RenderRequest, Sampling
from core.video.spec import Residency
from core.video.terms import EncoderBits, Target
from providers.engine.events import Made, Refused, StageFigures
from providers.engine.process.errors import is_out_of_memory
from providers.engine.process.torch_memory import (
    forget_peaks,
    return_memory,
    torch_device,
    vram_peak_gb,
)
from providers.engine.streams import EventWriter
from providers.ltx_video.engine.clip import write_clip
from providers.ltx_video.engine.pipeline import needed_parts
from providers.ltx_video.engine.pipeline_host import PipelineHost
from providers.ltx_video.engine.protocol import RenderOrder
from providers.ltx_video.engine.scheduler import scheduler_for
from providers.ltx_video.models.catalog import DEPLOYMENT, PROVIDER
from providers.ltx_video.models.memory_plan import memory_ladder
from providers.ltx_video.models.stage_peaks import CUDA_CONTEXT_GB
from providers.ltx_video.models.workload import Workload
from scripts.benchmark.clips import SEED, prompt
from scripts.benchmark.engine.bare_diffusers import render_bare
from scripts.benchmark.gpu.random_parts import Arithmetic, RandomPartLoader
from scripts.benchmark.gpu.shapes import MODEL, counted_footprint
from scripts.benchmark.tables import Goal, Section
from scripts.markdown import markdown_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from core.platform.machine import Machine
    from core.video.memory import MemoryPlan
    from core.video.plan import RenderPlan
    from scripts.benchmark.gpu.shapes import ClipSize, Shapes

STAGES = (Stage.ENCODE, Stage.DENOISE, Stage.DECODE)
_GB = 1e9
_TITLE = "Memory layouts on a GPU"
_EAGER = Arithmetic()
# One to warm up, and one that is measured.
_CLIPS = (0, 1)


@dataclass(frozen=True)
class Case:
    """One clip in one layout, computed in one way."""

    size: ClipSize
    memory: MemoryPlan
    arithmetic: Arithmetic = _EAGER


@dataclass(frozen=True)
class Measured:
    """What a case took, or why there is nothing.

    Attributes:
        figures: of each stage of a clip that was made with everything warm.
        clip: the file, empty where there is none.
        problem: why there is none.
    """

    case: Case
    figures: dict[Stage, StageFigures]
    clip: bytes = b""
    problem: str = ""

    @property
    def seconds(self) -> float:
        """From the words to the file, without the loading, of which nothing is measured."""
        return sum(each.seconds for stage, each in self.figures.items() if stage is not Stage.LOAD)


@dataclass(frozen=True)
class BareFigures:
    """What the bare call of diffusers took, all in memory, or why there is nothing."""

    size: ClipSize
    seconds: float = 0.0
    vram_gb: float = 0.0
    clip: bytes = b""
    problem: str = ""


@dataclass(frozen=True)
class Bench:
    """A model without weights on a machine, and where its clips go.

    Args:
        shapes: of its parts.
        folder: as `write_model_folder` made it.
        scratch: where files are written.
        machine: decides which layouts there are; without a GPU those of a processor.
        steps: of denoising.
        tell: is told what is under way.
    """

    shapes: Shapes
    folder: Path
    scratch: Path
    machine: Machine
    steps: int
    tell: Callable[[str], None]

    def ladder(self, size: ClipSize) -> tuple[MemoryPlan, ...]:
        """Every layout that this machine has, as the planner of the program makes it.

        With the text encoder in 16 bit: packing random weights takes long and tells nothing new.
        """
        return memory_ladder(
            self.machine,
            self.shapes.footprint or counted_footprint(self.shapes),
            self.shapes.profile.dtype,
            Workload.of(self._plan(size, 0), self.shapes.profile),
            scratch_free_gb=free_disk_bytes(self.scratch) / _GB,
            encoder_bits=EncoderBits.SIXTEEN,
        ).rungs

    def cases(self, size: ClipSize, attentions: Sequence[str]) -> Iterator[Case]:
        """Layouts first, then what changes the arithmetic."""
        rungs = self.ladder(size)
        for memory in rungs:
            yield Case(size, memory)
        firsts = {memory.residency: memory for memory in reversed(rungs)}
        for residency, memory in reversed(firsts.items()):
            if residency is not Residency.GROUP_OFFLOAD_TO_DISK:
                yield Case(size, memory, Arithmetic(is_compiled=True))
        for attention in attentions:
            if attention != _EAGER.attention:
                yield Case(size, rungs[0], Arithmetic(attention=attention))

    def measure(self, cases: Sequence[Case], until: float) -> Iterator[Measured]:
        """Make each clip twice, once to warm up; cases of one layout share what is loaded.

        Args:
            cases: which.
            until: by the monotonic clock; a case that would begin later is left out.
        """
        host: PipelineHost | None = None
        arithmetic: Arithmetic | None = None
        for number, case in enumerate(cases):
            self.tell(f"{case.size}, {_layout_text(case.memory)}, {case.arithmetic}")
            if time.monotonic() > until:
                yield Measured(case, {}, problem="not measured: the time was up")
                continue
            if not case.memory.fits:
                yield Measured(case, {}, problem=" ".join(case.memory.reasons))
                continue
            if host is None or case.arithmetic != arithmetic:
                arithmetic = case.arithmetic
                host = None
                return_memory()
                loader = partial(RandomPartLoader, arithmetic=arithmetic)
                host = PipelineHost(time.monotonic(), loader)
            yield self._measure(host, case, number)
        host = None
        return_memory()

    def _measure(self, host: PipelineHost, case: Case, place: int) -> Measured:
        figures: list[dict[Stage, StageFigures]] = []
        clip = b""
        with Path(os.devnull).open("wb") as nowhere:
            for number in _CLIPS:
                order = self._order(case, number, f"case-{place}")
                event = host.answer(order, CancelToken(), EventWriter(nowhere))
                if not isinstance(event, Made):
                    assert isinstance(event, Refused), "nobody asks it to stop"
                    return Measured(case, {}, problem=event.message)
                figures.append({figure.stage: figure for figure in event.figures})
                clip = event.file.read_bytes()
        cold, warm = figures
        return Measured(
            case,
            {stage: _most(figure, cold[stage]) for stage, figure in warm.items()},
            clip,
        )

    def bare(self, size: ClipSize) -> BareFigures:
        """The clip by one call of diffusers' own pipeline, with all of the model on the device."""
        memory = self.ladder(size)[0]
        self.tell(f"{size}, bare diffusers call")
        if not memory.fits:
            return BareFigures(size, problem=" ".join(memory.reasons))
        pipeline: LTX2ConditionPipeline | None = None
        seconds, vram_gb, clip = 0.0, 0.0, b""
        try:
            for number in _CLIPS:
                order = self._order(Case(size, memory), number, "bare")
                pipeline = pipeline or self._bare_pipeline(order)
                forget_peaks()
                started = time.perf_counter()
                clip = self._bare_clip(pipeline, order)
                seconds, vram_gb = time.perf_counter() - started, vram_peak_gb()
        except (RuntimeError, StudioError) as error:
            if not is_out_of_memory(error):
                raise
            return BareFigures(size, problem="out of memory")
        finally:
            pipeline = None
            return_memory()
        return BareFigures(size, seconds, vram_gb, clip)

    def _bare_pipeline(self, order: RenderOrder) -> LTX2ConditionPipeline:
        loader = RandomPartLoader(order, CancelToken(), lambda *_: None, _EAGER)
        names = (*needed_parts(order), "text_encoder", "tokenizer")
        parts: dict[str, Any] = {name: loader.load(name) for name in names}
        parts["scheduler"] = scheduler_for(parts["scheduler"].config, order.profile)
        # Ours computes in 32 bit; diffusers hands it what the decoder before it gives.
        parts["vocoder"].to(parts["audio_vae"].dtype)
        pipeline = LTX2ConditionPipeline(**parts)
        pipeline.set_progress_bar_config(disable=True)
        return pipeline.to(torch_device(order.memory.device))

    def _bare_clip(self, pipeline: LTX2ConditionPipeline, order: RenderOrder) -> bytes:
        clip = order.workdir / "bare.mp4"
        frames, audio = render_bare(pipeline, order)
        write_clip(clip, frames, order.plan.fps, audio, lambda _: None)
        return clip.read_bytes()

    def _plan(self, size: ClipSize, number: int) -> RenderPlan:
        target = Target(provider=PROVIDER, deployment=DEPLOYMENT, model=MODEL.id)
        request = RenderRequest(target=target, prompt=prompt(number), sampling=Sampling(seed=SEED))
        exact = {"width": size.width, "height": size.height, "num_frames": size.num_frames}
        plan = make_plan(request, MODEL.spec)
        return plan.model_copy(update={**exact, "num_inference_steps": self.steps})

    def _order(self, case: Case, number: int, name: str) -> RenderOrder:
        """What the engine is told; in a folder of its own, so that each prompt is read anew."""
        workdir = self.scratch / f"{name}-{case.size}-{number}"
        workdir.mkdir()
        return RenderOrder(
            number=number,
            plan=self._plan(case.size, number),
            memory=case.memory,
            profile=self.shapes.profile,
            folder=self.folder,
            model_key="random",
            repair="",
            workdir=workdir,
            images=(),
            embeddings_dir=workdir / "prompts",
            offload_dir=self.scratch / "offload",
        )


def table(bares: Sequence[BareFigures], measured: Sequence[Measured]) -> str:
    """A row for each case: seconds of its stages, memory of each as measured and as predicted."""
    head = (
        "clip, layout, arithmetic",
        *(f"{stage.value}, s" for stage in STAGES),
        *(f"{stage.value}, GB of GPU" for stage in STAGES),
        "GB of memory",
        "whole, s",
        "to bare",
    )
    rows: list[tuple[str, ...]] = []
    for bare in bares:
        rows.append(_bare_row(bare, len(head)))
        rows += [_row(each, bare, len(head)) for each in measured if each.case.size == bare.size]
    return markdown_table(head, rows, has_numbers=True)


def _bare_row(bare: BareFigures, columns: int) -> tuple[str, ...]:
    name = f"{bare.size}, bare diffusers call"
    if bare.problem:
        return _problem_row(name, bare.problem, columns)
    rest = ("", "", "", "", f"{bare.vram_gb:.1f}", "", "", f"{bare.seconds:.2f}", "1.00")
    return (name, *rest)


def _row(each: Measured, bare: BareFigures, columns: int) -> tuple[str, ...]:
    case = each.case
    name = f"{case.size}, {_layout_text(case.memory)}, {case.arithmetic}"
    if each.problem:
        return _problem_row(name, each.problem, columns)
    predicted = {peak.stage: peak for peak in case.memory.peaks}
    ram_gb = max(figure.ram_gb for figure in each.figures.values())
    return (
        name,
        *(f"{each.figures[stage].seconds:.2f}" for stage in STAGES),
        *(_of(each.figures[stage].vram_gb, predicted[stage].vram_gb) for stage in STAGES),
        _of(ram_gb, case.memory.peak_ram_gb),
        f"{each.seconds:.2f}",
        f"{each.seconds / bare.seconds:.2f}" if bare.seconds else "",
    )


def _problem_row(name: str, problem: str, columns: int) -> tuple[str, ...]:
    return (f"{name}: {problem}".replace("\n", " "), *[""] * (columns - 1))


def _of(measured_gb: float, predicted_gb: float) -> str:
    return f"{measured_gb:.1f} of {predicted_gb:.1f}"


def _layout_text(memory: MemoryPlan) -> str:
    """A layout in a few words."""
    extras = (
        (memory.text_encoder_device is not memory.device, "prompt on the processor"),
        (memory.frees_text_encoder, "text encoder freed"),
        (memory.tiled_decode, "tiled"),
    )
    words = [memory.residency.value, memory.precision.value]
    return " ".join([*words, *(f"+ {text}" for holds, text in extras if holds)])


def identical(bares: Sequence[BareFigures], measured: Sequence[Measured]) -> tuple[int, int]:
    """Of how many clips that should be the bare call's the file is, and how many there are."""
    clips = {bare.size: bare.clip for bare in bares if bare.clip}
    alike = [
        each.clip == clips[each.case.size]
        for each in measured
        if each.clip and each.case.memory.rung == 0 and each.case.arithmetic == _EAGER
        if each.case.size in clips
    ]
    return sum(alike), len(alike)


def _most(warm: StageFigures, cold: StageFigures) -> StageFigures:
    """The seconds of the warm clip, with the most memory of both."""
    vram_gb, ram_gb = (
        max(getattr(one, name) for one in (warm, cold)) for name in ("vram_gb", "ram_gb")
    )
    return warm.model_copy(update={"vram_gb": vram_gb, "ram_gb": ram_gb})


def section(
    shapes: Shapes, bares: Sequence[BareFigures], measured: Sequence[Measured], steps: int
) -> Section:
    """The outcome in words."""
    same, count = identical(bares, measured)
    on_gpu = any(each.case.memory.device is Device.CUDA for each in measured)
    device = torch.cuda.get_device_name() if on_gpu else "the processor"
    findings = [
        f"{shapes.name} with random weights on {device}: from the words to the file, {steps} "
        "steps, the second of two clips; loading is not measured, as nothing is read.",
        "GB of each stage are the most that was held and what the memory plan expects. On the GPU "
        f"that is what PyTorch gave out; the plan counts {CUDA_CONTEXT_GB:g} GB more for what CUDA "
        "itself takes.",
    ]
    if on_gpu:
        # In 16 bit the bare call rounds before it decodes, so its clip is nearly the same.
        return Section(_TITLE, table(bares, measured), tuple(findings))
    findings.insert(0, "A self-check on the processor: these figures say nothing about a GPU.")
    goal = Goal(f"{same} of {count} clips are the bare call's", same == count)
    return Section(_TITLE, table(bares, measured), tuple(findings), (goal,) if count else ())
