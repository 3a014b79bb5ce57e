"""Tiny models as rows of a catalogue, where they are installed, and plans for them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.config.api_keys import ApiKeys
from core.config.settings import Settings
from core.jobs.job import CancelToken, JobContext, Progressed, Report
from core.lora.lora_family import LoraFamily
from core.platform.machine import Machine
from core.platform.paths import Paths
from core.video.planning.clip_plan import make_plan
from core.video.provider import ProviderContext
from core.video.request import FrameRequest, Input, RenderRequest, Sampling
from core.video.spec import AspectRatio, AudioSpec, FrameSize, IntRange, Precision
from core.video.terms import Residency, Role, Target, Task
from providers.engine.engine_process import ENGINE_ENVIRONMENT
from providers.ltx_video.engine.protocol import OrderedImage, RenderOrder
from providers.ltx_video.install.model_files import folder_of
from providers.ltx_video.install.own_models import every_model
from providers.ltx_video.models import profiles
from providers.ltx_video.models.catalog import (
    BY_ID,
    DEPLOYMENT,
    MOST_LORAS,
    PROVIDER,
    LocalModel,
)
from providers.ltx_video.models.info import INFO, LTXModel
from providers.ltx_video.models.lora_families import (
    LORA_FAMILIES,
    AVShape,
    VideoShape,
    av_layers,
    video_layers,
)
from providers.ltx_video.models.profiles import Guidance, Profile
from providers.weights.installed import (
    MANIFEST_NAME,
    InstalledFile,
    ModelManifest,
    write_manifest,
)
from tests.fakes.inputs import inputs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from core.video.plan import RenderPlan
    from providers.local_images.models.catalog import LocalImageModel
    from providers.ltx_video.local import LocalLTX

FRAMES = 17
LAYOUTS = {
    "streamed": {"residency": Residency.GROUP_OFFLOAD},
    "from-disk": {"residency": Residency.GROUP_OFFLOAD_TO_DISK},
    "text-encoder-freed": {"frees_text_encoder": True},
}
"""Changes to a plan's layout in memory that must not change its clip."""
SEED = 7
ROOT = Path(__file__).resolve().parents[2]
PROMPT = "a red ball moving right"

_VIDEO = profiles.LTX_VIDEO_2B_DEV.model_copy(
    update={"dtype": Precision.FLOAT32, "num_inference_steps": 6}
)
_DISTILLED = profiles.LTX_2_DISTILLED.model_copy(
    update={
        "dtype": Precision.FLOAT32,
        "image_crf": 0,
        "use_cross_timestep": True,
        "max_sequence_length": 32,
    }
)
_GUIDED = profiles.LTX_2_DEV.model_copy(
    update={
        "dtype": Precision.FLOAT32,
        "num_inference_steps": 4,
        "sigmas": (1.0, 0.75, 0.5, 0.25),
        "shift_mu": None,
        "stg_blocks": (1,),
        "image_crf": 18,
        "max_sequence_length": 64,
        "guidance": profiles.LTX_2_DEV.guidance,
    }
)


_VIDEO_LORAS = LoraFamily(
    id="tiny-video",
    label="Tiny Video",
    layers=video_layers(
        VideoShape(
            num_attention_heads=4,
            attention_head_dim=8,
            num_layers=2,
            in_channels=8,
            out_channels=8,
            caption_channels=32,
        )
    ),
)
_WIDE_LORAS = LoraFamily(
    id="wide-video",
    label="Wide Video",
    layers=video_layers(
        VideoShape(
            num_attention_heads=4,
            attention_head_dim=64,
            num_layers=2,
            in_channels=8,
            out_channels=8,
            caption_channels=32,
        )
    ),
)
_AV_SHAPE = AVShape(
    num_attention_heads=2,
    attention_head_dim=16,
    num_layers=2,
    in_channels=8,
    out_channels=8,
    caption_channels=16,
    audio_num_attention_heads=2,
    audio_attention_head_dim=8,
    audio_in_channels=8,
    audio_out_channels=8,
    connector_heads=2,
    connector_width=16,
    audio_connector_heads=2,
    audio_connector_width=16,
    connector_layers=1,
    text_features=48,
)
_AV_SHAPE_23 = _AV_SHAPE.model_copy(
    update={
        "has_gates": True,
        "has_prompt_times": True,
        "reads_prompt": False,
        "connector_width": 32,
    }
)
_AV_SHAPE_25 = _AV_SHAPE_23.model_copy(update={"has_prompt_times": False})


def _av_loras(name: str, shape: AVShape) -> LoraFamily:
    return LoraFamily(id=name, label=name.replace("-", " ").title(), layers=av_layers(shape))


_AV_LORAS = _av_loras("tiny-av", _AV_SHAPE)
_AV_LORAS_23 = _av_loras("tiny-av-2.3", _AV_SHAPE_23)
_AV_LORAS_25 = _av_loras("tiny-av-2.5", _AV_SHAPE_25)
_FAMILIES = (_VIDEO_LORAS, _WIDE_LORAS, _AV_LORAS, _AV_LORAS_23, _AV_LORAS_25, *LORA_FAMILIES)
TINY_INFO = replace(INFO, lora_families=lambda: _FAMILIES)
"""The local provider with the LoRAs of the tiny models beside those of the real ones."""


def loras_of(model: LocalModel) -> LoraFamily:
    """What LoRAs of a model are like."""
    return next(one for one in _FAMILIES if one.id == model.spec.lora_family)


def tiny(
    name: str, profile: Profile, *, has_audio: bool, loras: LoraFamily = _AV_LORAS
) -> LocalModel:
    """A row of the catalogue for a tiny model, with sizes and lengths that suit a test."""
    row = BY_ID[LTXModel.LTX_MINI]
    size = FrameSize(resolution="64p", aspect=AspectRatio.LANDSCAPE_3_2, width=96, height=64)
    large = size.model_copy(update={"resolution": "512p", "width": 768, "height": 512})
    is_guided = profile.guidance != Guidance()
    spec = row.spec.model_copy(
        update={
            "id": name,
            "label": name,
            "tasks": (Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO, Task.TEXT_TO_IMAGE),
            "inputs": {Role.START: 1, Role.LORA: MOST_LORAS},
            "strength": None,
            "reference_strength": None,
            "keeps_source_audio": False,
            "lora_family": loras.id,
            "sizes": (size, large),
            "fps": (16,),
            "default_fps": 16,
            "audio": AudioSpec(sample_rate_hz=24_000) if has_audio else None,
            "takes_negative_prompt": is_guided,
            "enhances_prompt": profile.enhancer is not None,
            "shortest_auto_s": 1.0 if profile.has_duration_head else None,
            "steps": IntRange(minimum=1, maximum=60, default=profile.num_inference_steps),
            "guidance_scale": None,
            "max_prompt_tokens": profile.max_sequence_length,
            "is_builtin": False,
        }
    )
    return LocalModel(spec=spec, profile=profile, footprint=row.footprint, weights=None)


TINY_VIDEO = tiny("tiny-video", _VIDEO, has_audio=False, loras=_VIDEO_LORAS)
WIDE_VIDEO = tiny("wide-video", _VIDEO, has_audio=False, loras=_WIDE_LORAS)
"""Wide enough for quantisations that store 256 values of a row together."""
TINY_SINGLE = tiny(
    "tiny-video-single",
    _VIDEO.model_copy(update={"transformer_file": "transformer/tiny.safetensors"}),
    has_audio=False,
    loras=_VIDEO_LORAS,
)
TINY_AV = tiny("tiny-av", _DISTILLED, has_audio=True)
TINY_AV_GUIDED = tiny("tiny-av-guided", _GUIDED, has_audio=True)
TINY_AV_23 = tiny("tiny-av-2.3", _DISTILLED, has_audio=True, loras=_AV_LORAS_23)
TINY_AV_25 = tiny("tiny-av-2.5", _DISTILLED, has_audio=True, loras=_AV_LORAS_25)
TINY_MODELS = (TINY_VIDEO, TINY_SINGLE, TINY_AV, TINY_AV_GUIDED)
EVERY_GENERATION = (TINY_VIDEO, TINY_AV, TINY_AV_23, TINY_AV_25)
ALL_MODELS = (*TINY_MODELS, TINY_AV_23, TINY_AV_25)


def machine() -> Machine:
    """A machine without a GPU and with plenty of memory, whatever this one is."""
    return Machine("Linux", "x86_64", cpu_count=2, ram_total_gb=16.0, ram_free_gb=12.0)


def context_of(home: Path) -> ProviderContext:
    """A provider's context below one folder."""
    return ProviderContext(Paths.below(home), Settings, ApiKeys(), machine)


def made_by(module: str, folder: Path) -> Path:
    """A folder that a module of `plain_diffusers` has filled, in a process of its own."""
    made = subprocess.run(
        [sys.executable, "-m", f"tests.providers.plain_diffusers.{module}", str(folder)],
        cwd=ROOT,
        env=os.environ | ENGINE_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr[-2000:]
    return folder


def install(folder: Path, model: LocalModel | LocalImageModel) -> None:
    """Write the manifest that a finished installation leaves."""
    files = [
        InstalledFile(
            place=file.relative_to(folder).as_posix(),
            size_bytes=file.stat().st_size,
            sha256="0" * 64,
            modified_ns=file.stat().st_mtime_ns,
            repo_id="tests/tiny",
            revision="main",
            path=file.name,
        )
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != MANIFEST_NAME
    ]
    manifest = ModelManifest(
        model=model.id,
        licence="none",
        page_url="",
        installed_at=datetime.now(UTC),
        files=tuple(files),
    )
    write_manifest(folder / MANIFEST_NAME, manifest)


def home_with(folder: Path, files: Mapping[Path, Sequence[LocalModel]]) -> Path:
    """A home with copies of these models, by the folder in which each was made."""
    for source, models in files.items():
        for model in models:
            place = Paths.below(folder).models_dir / model.id
            shutil.copytree(source / model.id, place)
            install(place, model)
    return folder


@contextmanager
def adding(
    provider: LocalLTX, home: Path, models: Iterable[LocalModel]
) -> Generator[Callable[..., LocalModel]]:
    """Adds checkpoints, gives the model that each has become, and removes them in the end."""
    added: list[str] = []
    catalogue = {model.id: model for model in models}

    def make_model(path: Path, name: str = "mine") -> LocalModel:
        model = provider.store.add(path, name, None, CancelToken(), lambda _: None).model
        added.append(model)
        return every_model(Paths.below(home).models_dir, catalogue)[model]

    yield make_model
    for model in added:
        provider.store.remove(model)


@dataclass
class Watched:
    """A job's context that keeps what is reported, and what to do when it is."""

    context: JobContext
    events: list[Report] = field(default_factory=list)
    on_event: Callable[[Report], None] = lambda _: None

    @property
    def progress(self) -> list[Progressed]:
        return [event for event in self.events if isinstance(event, Progressed)]


def plan_for(
    provider: LocalLTX,
    model: LocalModel,
    *,
    image: Path | None = None,
    prompt: str = PROMPT,
    num_frames: int = FRAMES,
    steps: int | None = None,
    size: str = "64p",
    loras: tuple[Input, ...] = (),
) -> RenderPlan:
    """A fitted plan, as the studio would make it."""
    guided = model.spec.takes_negative_prompt
    request = RenderRequest(
        target=Target(provider=PROVIDER, deployment=DEPLOYMENT, model=model.id),
        prompt=prompt,
        negative_prompt="blurry" if guided else None,
        frame=FrameRequest(resolution=size, duration_s=(num_frames - 1) / 16),
        inputs=inputs_of(start_image=image, loras=loras),
        sampling=Sampling(seed=SEED),
    )
    plan = make_plan(request, model.spec)
    if steps is not None:
        plan = plan.model_copy(update={"num_inference_steps": steps})
    assert plan.num_frames == num_frames
    return provider.fit(plan)


def order_for(
    provider: LocalLTX, home: Path, model: LocalModel, workdir: Path, image: Path | None = None
) -> RenderOrder:
    """What the engine is told of a clip of a tiny model."""
    size = model.spec.resolutions[0]
    plan = plan_for(provider, model, image=image, size=size)
    assert plan.memory_plan is not None
    return RenderOrder(
        number=1,
        plan=plan,
        memory=plan.memory_plan,
        profile=model.profile,
        folder=folder_of(model, context_of(home).paths.models_dir),
        model_key="key",
        repair="",
        workdir=workdir,
        images=() if image is None else (OrderedImage(path=image, frame=0, strength=1.0),),
        embeddings_dir=workdir,
        offload_dir=workdir,
    )
