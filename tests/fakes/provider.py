"""A provider that behaves: real clips, and on demand slow, hanging, failing or out of memory.

The prompt says what happens: words such as "slow", "hang", "fail", "oom" or "short" choose it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from PIL import Image

from core.config.api_keys import KeySpec
from core.errors import NotConfigured, OutOfMemory, Problem, RenderFailed, UnsupportedRequest
from core.jobs.job import CancelToken, JobContext, Progressed
from core.jobs.lanes import Lane, Stage
from core.lora.lora_family import LoraFamily, LoraLayer
from core.lora.training import JOB_NOTE, RECORD, LossLine, Recipe, Targets, record_text
from core.media.ffmpeg import run_ffmpeg
from core.video.lora_training import TrainedFiles
from core.video.memory import Device, MemoryPlan
from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.provider import (
    ModelChoice,
    NotReady,
    ProviderContext,
    ProviderEntry,
    ProviderInfo,
    Readiness,
    Ready,
    ReasonCode,
)
from core.video.rendered import Provenance, Rendered
from core.video.spec import (
    AspectRatio,
    AudioSpec,
    CameraPhrase,
    CameraSpec,
    DurationLimit,
    Durations,
    FloatRange,
    FrameGrid,
    FrameSize,
    IntRange,
    Licence,
    ModelSpec,
    Needs,
    Precision,
)
from core.video.terms import ControlMap, OutputKind, PersonGeneration, Residency, Role, Task
from core.video.train_lora_job import find_item
from tests.fakes.loras import smallest_lora

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.lora_training import LoraTrainer, TrainingPlan
    from core.video.model_store import ModelStore
    from core.video.plan import RenderPlan
    from core.video.request import RenderRequest
    from core.video.terms import Target

_DAY = date(2026, 11, 1)
FAKE_KEY = KeySpec(
    id="fake",
    label="Fake",
    variables=("IMAGEAI_TEST_FAKE_KEY",),
    url="http://127.0.0.1/",
    purpose="nothing",
)

FREE = PriceTable(
    rows=(PriceRow(usd=0, per=PriceUnit.CLIP), PriceRow(usd=0, per=PriceUnit.IMAGE)),
    as_of=_DAY,
    source="this file",
)
SMALL = ModelSpec(
    id="fake-small",
    label="Fake Small",
    summary="Grey pictures and a hum.",
    family="fake",
    tasks=(
        Task.TEXT_TO_VIDEO,
        Task.IMAGE_TO_VIDEO,
        Task.TEXT_TO_IMAGE,
        Task.IMAGE_EDIT,
    ),
    inputs={Role.START: 1},
    sizes=(
        FrameSize(resolution="64p", aspect=AspectRatio.LANDSCAPE_3_2, width=96, height=64),
        FrameSize(resolution="64p", aspect=AspectRatio.PORTRAIT_2_3, width=64, height=96),
        FrameSize(resolution="128p", aspect=AspectRatio.LANDSCAPE_3_2, width=192, height=128),
    ),
    fps=(8, 16),
    default_fps=8,
    durations=Durations(
        minimum=0.5,
        maximum=4.0,
        default=1.0,
        limits=(DurationLimit(resolution="128p", maximum=2.0),),
    ),
    frame_grid=FrameGrid(step=8, offset=1),
    steps=IntRange(minimum=1, maximum=20, default=4),
    guidance_scale=FloatRange(minimum=1.0, maximum=10.0, default=3.0),
    takes_negative_prompt=True,
    camera=CameraSpec(
        phrases=(
            CameraPhrase(motion="pan_left", phrase="The camera pans left{speed}."),
            CameraPhrase(motion="static", phrase="The camera does not move."),
        ),
        speed=FloatRange(minimum=0.5, maximum=2.0, default=1.0),
    ),
    audio=AudioSpec(sample_rate_hz=16_000, channels=1),
    max_prompt_tokens=64,
    size_bytes=1_000_000,
    licence=Licence(name="public domain"),
    needs=Needs(ram_gb=0.1),
    price=FREE,
    is_builtin=True,
    as_of=_DAY,
    source="this file",
)
FAKE_LORAS = LoraFamily(
    id="fake",
    label="Fake Full",
    layers=(LoraLayer(name="transformer.some.layer", in_features=2, out_features=2),),
)
BIG = SMALL.model_copy(
    update={
        "id": "fake-big",
        "label": "Fake Big",
        "tasks": (Task.TEXT_TO_VIDEO,),
        "inputs": {},
        "steps": None,
        "guidance_scale": None,
        "takes_negative_prompt": False,
        "camera": None,
        "audio": None,
        "size_bytes": 50_000_000_000,
        "price": PriceTable(as_of=_DAY, source="this file"),
        "is_builtin": False,
    }
)
FULL = SMALL.model_copy(
    update={
        "id": "fake-full",
        "label": "Fake Full",
        "summary": "Takes everything that a model can take.",
        "tasks": (
            *SMALL.tasks,
            Task.VIDEO_TO_VIDEO,
            Task.EXTEND_VIDEO,
            Task.RETAKE,
            Task.REFRAME,
            Task.AUDIO_TO_VIDEO,
        ),
        "fps": (24, 25, 30, 48, 50),
        "default_fps": 24,
        "durations": Durations(
            minimum=0.5,
            maximum=10.0,
            default=1.0,
            limits=(DurationLimit(resolution="128p", maximum=2.0),),
        ),
        "guidance_scale": FloatRange(minimum=1.0, maximum=20.0, default=3.0),
        "motion_speed": FloatRange(minimum=0.05, maximum=1.0, default=1.0),
        "inputs": {
            Role.START: 1,
            Role.END: 1,
            Role.KEYFRAME: 3,
            Role.SOURCE_VIDEO: 1,
            Role.EXTEND_VIDEO: 1,
            Role.RETAKE_VIDEO: 1,
            Role.REFRAME_VIDEO: 1,
            Role.CONTROL: 1,
            Role.AUDIO: 1,
            Role.REFERENCE: 3,
            Role.LORA: 2,
            Role.WORKFLOW: 1,
        },
        "refine_steps": 3,
        "refine_grid": 32,
        "lora_family": FAKE_LORAS.id,
        "strength": FloatRange(minimum=0.0, maximum=1.0, default=0.7),
        "control_maps": tuple(ControlMap),
        "takes_audio_prompt": True,
        "enhances_prompt": True,
        "shortest_auto_s": 0.75,
        "residencies": (Residency.RESIDENT, Residency.GROUP_OFFLOAD),
        "person_generation": tuple(PersonGeneration),
        "takes_webhook": True,
        "price": PriceTable(
            rows=(
                PriceRow(usd=0.04, per=PriceUnit.SECOND),
                PriceRow(usd=0.02, per=PriceUnit.IMAGE),
            ),
            as_of=_DAY,
            source="this file",
        ),
    }
)


PROVENANCE = Provenance(versions={"fake": "1"}, measured={"denoise_s": 0.1})


class FakeProvider:
    """Renders grey clips with FFmpeg; "fake-big" is never installed, "fake-full" takes all.

    Attributes:
        loaded: what it has loaded, one after the other; a clip of what is loaded needs no load.
    """

    store: ModelStore | None = None
    trainer: LoraTrainer | None = None

    def __init__(self, lane: Lane = Lane.GPU) -> None:
        self.info = ProviderInfo(
            id="fake",
            deployment="local",
            label="Fake",
            summary="For tests.",
            lane=lane,
            keys=(FAKE_KEY,),
            lora_families=lambda: (FAKE_LORAS,),
            makes=tuple(OutputKind),
        )
        self.rendered: list[RenderPlan] = []
        self.loaded: list[str] = []
        self.is_closed = False

    @property
    def uses_network(self) -> bool:
        return not self.info.is_local

    @property
    def enhancer(self) -> FakeProvider:
        return self

    def models(self) -> tuple[ModelSpec, ...]:
        return (BIG, SMALL, FULL)

    def resolve(self, request: RenderRequest) -> ModelChoice:
        return ModelChoice(SMALL.id, ("auto → fake-small: Fake Big is not installed.",))

    def check(self, target: Target) -> Readiness:
        if target.model == BIG.id:
            return NotReady(ReasonCode.NOT_INSTALLED, "Fake Big is not installed.", "Install it.")
        return Ready()

    def fit(self, plan: RenderPlan) -> RenderPlan:
        if "unfit" in plan.prompt:
            raise UnsupportedRequest([Problem("prompt", "The fake does not like this prompt.")])
        rung = 1 if plan.request.delivery.memory is Residency.GROUP_OFFLOAD else 0
        found = {"memory_plan": memory_plan(rung), "est_seconds": 1.0, "loads": _loads(plan, rung)}
        return plan.model_copy(update=found)

    def refresh(self) -> None:
        pass

    def learn(self, model: str) -> None:
        pass

    def ask_anew(self) -> None:
        return None

    def cheaper(self, plan: RenderPlan) -> RenderPlan | None:
        rung = plan.memory_plan.rung if plan.memory_plan else 0
        if rung >= 1:
            return None
        return plan.model_copy(update={"memory_plan": memory_plan(rung + 1)})

    def render(self, plan: RenderPlan, ctx: JobContext) -> Rendered:
        self.rendered.append(plan)
        words = plan.request.prompt.split()
        ctx.report(Progressed(stage=Stage.LOAD, fraction=0.0))
        (ctx.workdir / "half.bin").write_bytes(b"x" * 1000)
        rung = plan.memory_plan.rung if plan.memory_plan else 0
        if self.loaded[-1:] != [_loads(plan, rung)]:
            self.loaded.append(_loads(plan, rung))
        if "broke" in words or ("oom" in words and rung == 0):
            raise OutOfMemory("The fake ran out of memory.", target=str(plan.target))
        if "fail" in words:
            raise RenderFailed("The fake was told to fail.", target=str(plan.target), hint="Don't.")
        if "crash" in words:
            raise ZeroDivisionError("a defect")
        steps = 24 if "slow" in words else 4
        for step in range(1, steps + 1):
            if "hang" in words:
                ctx.cancel.wait(60)
            if "slow" in words:
                ctx.cancel.wait(0.05)
            ctx.cancel.check()
            ctx.report(
                Progressed(stage=Stage.DENOISE, fraction=0.9 * step / steps, step=step, steps=steps)
            )
        enhanced = enhanced_words(plan) if plan.enhances_prompt else None
        if plan.is_image:
            image = _image(ctx.workdir / "image.png", plan, words)
            return Rendered(image, PROVENANCE, enhanced_prompt=enhanced)
        chosen = None
        if plan.least_frames is not None:
            # The more words, the longer.
            chosen = min(plan.least_frames + 8 * len(words), plan.num_frames)
            plan = plan.with_length(chosen)
        clip = ctx.workdir / "clip.mp4"
        write_clip(clip, plan, ctx.cancel, num_frames=plan.num_frames - ("short" in words))
        if "damaged" in words:
            clip.write_bytes(clip.read_bytes()[:500])
        if "outside" in words:
            clip = clip.replace(ctx.workdir.parent / f"{ctx.job_id}-outside.mp4")
        ctx.report(Progressed(stage=Stage.WRITE, fraction=1.0))
        return Rendered(clip, PROVENANCE, enhanced_prompt=enhanced, num_frames=chosen)

    def enhance(self, plan: RenderPlan, ctx: JobContext) -> str:
        words = plan.request.prompt.split()
        ctx.report(Progressed(stage=Stage.ENHANCE, fraction=0.5, message="Writing"))
        if "fail" in words:
            raise RenderFailed("The fake was told to fail.", target=str(plan.target), hint="Don't.")
        if "hang" in words:
            ctx.cancel.wait(60)
        return enhanced_words(plan)

    def check_key(self, key: KeySpec) -> Readiness:
        return NotReady(ReasonCode.KEY_MISSING, f"The {key.label} key is not set.", "Set it.")

    def close(self) -> None:
        self.is_closed = True


def _loads(plan: RenderPlan, rung: int) -> str:
    return f"{plan.target}|{rung}"


def enhanced_words(plan: RenderPlan) -> str:
    """What the fake makes of a prompt: it tells whether it saw a picture, and the seed."""
    seen = "from a picture" if plan.request.path_of(Role.START) else "from words"
    return f"{plan.request.prompt}, {seen}, with seed {plan.seed}"


def _image(path: Path, plan: RenderPlan, words: list[str]) -> Path:
    """A PNG of a colour that depends on the seed."""
    colour = plan.seed % 0xFFFFFF
    size = (plan.width - ("short" in words), plan.height)
    Image.new("RGB", size, (colour >> 16, colour >> 8 & 255, colour & 255)).save(path)
    if "damaged" in words:
        path.write_bytes(path.read_bytes()[:40])
    return path


def memory_plan(rung: int) -> MemoryPlan:
    """A layout on one of the fake's two rungs."""
    return MemoryPlan(
        rung=rung,
        device=Device.CPU,
        residency=Residency.RESIDENT if rung == 0 else Residency.GROUP_OFFLOAD,
        precision=Precision.FLOAT32,
        text_encoder_device=Device.CPU,
        fits=True,
    )


def write_clip(path: Path, plan: RenderPlan, cancel: CancelToken, *, num_frames: int) -> None:
    """A real clip of a colour that depends on the seed."""
    colour = f"0x{plan.seed % 0xFFFFFF:06x}"
    size = f"{plan.width}x{plan.height}"
    image = f"color=c={colour}:s={size}:r={plan.fps}"
    arguments = ["-f", "lavfi", "-i", image]
    if plan.has_audio:
        arguments += ["-f", "lavfi", "-i", "sine=frequency=220:sample_rate=16000"]
        arguments += ["-t", f"{num_frames / plan.fps:.6f}", "-c:a", "aac"]
    arguments += ["-frames:v", str(num_frames), "-c:v", "libx264", "-pix_fmt", "yuv420p"]
    run_ffmpeg([*arguments, "-preset", "ultrafast", str(path)], cancel)


def open_fake(_: ProviderContext) -> FakeProvider:
    """The way the registry opens the fake."""
    return FakeProvider()


ENTRY = ProviderEntry(FakeProvider().info, open_fake)


class FreeProvider(FakeProvider):
    """As one on this machine: two models, whose clips cost nothing but the loading."""

    def models(self) -> tuple[ModelSpec, ...]:
        return (SMALL, FULL.model_copy(update={"price": FREE}))


def entry_of(provider: FakeProvider) -> ProviderEntry:
    """The entry of a provider that the test looks into afterwards."""
    return ProviderEntry(ENTRY.info, lambda _: provider)


@dataclass
class QuickTrainer:
    """Trains in an instant: a LoRA, a record and a clip, as a real one leaves them.

    Attributes:
        plans: what it was given.
        trained: the one model that it trains.
        is_too_large: this machine has no room for it.
        is_stopped: a person stops it as soon as it has begun.
    """

    plans: list[TrainingPlan] = field(default_factory=list["TrainingPlan"])
    trained: str = FULL.id
    is_too_large: bool = False
    is_stopped: bool = False

    def refusal(self, model: str) -> str:
        return "" if model == self.trained else f"{model} learns nothing."

    def too_large(self, model: str) -> str:
        return "No room." if self.is_too_large else ""

    def usual(self, model: str) -> Recipe:
        return Recipe(
            rank=1, alpha=1, targets=Targets.ATTENTION, learning_rate=0.1, steps=2, batch_size=1,
            validate_every=1, save_every=1,
        )  # fmt: skip

    def fit(self, plan: TrainingPlan) -> TrainingPlan:
        if self.is_too_large:
            raise NotConfigured("No room.")
        return plan.model_copy(update={"parameters": 1_000_000})

    def train(self, plan: TrainingPlan, kept: Path, ctx: JobContext) -> TrainedFiles:
        self.plans.append(plan)
        if self.is_stopped:
            ctx.cancel.cancel()
            ctx.cancel.check()
        for item in plan.items:
            find_item(item)
        lora = smallest_lora(ctx.workdir / "lora.safetensors", {JOB_NOTE: ctx.job_id})
        (kept / RECORD).write_text(
            record_text([LossLine(step=2, loss=0.5, clip="step-000002.mp4")])
        )
        clip = kept / "step-000002.mp4"
        clip.write_bytes(b"a clip")
        return TrainedFiles(lora, kept / RECORD, (clip,))


def entry_with(trainer: QuickTrainer) -> ProviderEntry:
    """The fake provider, whose models are trained by this one."""

    def open_provider(context: ProviderContext) -> FakeProvider:
        provider = ENTRY.open(context)
        assert isinstance(provider, FakeProvider)
        provider.trainer = trainer
        return provider

    return ProviderEntry(ENTRY.info, open_provider)
