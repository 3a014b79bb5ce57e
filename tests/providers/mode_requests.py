"""The tiny models of every generation, and what is asked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.inputs import check_inputs
from core.video.planning.clip_plan import make_plan
from core.video.request import Editing, FrameRequest, Input, RenderRequest, Sampling
from core.video.spec import AspectRatio, FrameSize, Precision
from core.video.terms import ExtendDirection, RetakePart, Role, Target
from providers.ltx_video.engine.clip import write_clip
from providers.ltx_video.models import profiles
from providers.ltx_video.models.catalog import BY_ID, DEPLOYMENT, PROVIDER, LocalModel
from providers.ltx_video.models.info import LTXModel
from tests.providers.engine.test_engine_clips import images
from tests.providers.plain_diffusers.mode_cases import FPS, FRAMES, RETAKE_FIRST, RETAKE_STOP
from tests.providers.tiny_home import PROMPT, SEED, tiny

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np

    from core.video.plan import RenderPlan
    from providers.ltx_video.local import LocalLTX
    from providers.ltx_video.models.profiles import Profile
    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]

_PLAIN = {"dtype": Precision.FLOAT32}
_AV = {**_PLAIN, "image_crf": 0, "use_cross_timestep": True, "max_sequence_length": 32}


_OF_THE_REAL_ONE = (
    "inputs", "tasks", "strength", "keeps_source_audio", "reference_strength", "refine_steps",
    "most_parts", "control_maps",
)  # fmt: skip
LARGE = FrameSize(resolution="128p", aspect=AspectRatio.LANDSCAPE_3_2, width=192, height=128)


def _model(name: str, like: LTXModel, profile: Profile) -> LocalModel:
    model = tiny(name, profile, has_audio=BY_ID[like].spec.audio is not None)
    real = BY_ID[like].spec
    same = {name: getattr(real, name) for name in _OF_THE_REAL_ONE}
    sizes = (*model.spec.sizes, LARGE)
    spec = model.spec.model_copy(update={**same, "sizes": sizes})
    return model.model_copy(update={"spec": spec})


MODELS = (
    _model(
        "tiny-095",
        LTXModel.LTX_VIDEO_2B_095,
        profiles.LTX_VIDEO_2B_DEV.model_copy(update={**_PLAIN, "num_inference_steps": 6}),
    ),
    _model(
        "tiny-098",
        LTXModel.LTX_VIDEO_2B_098_DISTILLED,
        profiles.LTX_VIDEO_098_DISTILLED.model_copy(update=_PLAIN),
    ),
    _model(
        "tiny-2.0",
        LTXModel.LTX_2_19B_DISTILLED,
        profiles.LTX_2_DISTILLED.model_copy(update=_AV),
    ),
    _model(
        "tiny-2.3",
        LTXModel.LTX_2_3_DISTILLED,
        profiles.LTX_23_DISTILLED.model_copy(update=_AV),
    ),
    _model(
        "tiny-2.5",
        LTXModel.LTX_2_5_DISTILLED,
        profiles.LTX_25_DISTILLED.model_copy(update=_AV),
    ),
)
GUIDED = _model(
    "tiny-2.3-guided",
    LTXModel.LTX_2_3,
    profiles.LTX_23_DEV.model_copy(
        update={
            **_AV,
            "num_inference_steps": 4,
            "sigmas": (1.0, 0.75, 0.5, 0.25),
            "shift_mu": None,
            "stg_blocks": (1,),
        }
    ),
)
EVERY_MODEL = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)


def asked(model: LocalModel, *inputs: Input, num_frames: int = FRAMES) -> RenderRequest:
    return RenderRequest(
        target=Target(provider=PROVIDER, deployment=DEPLOYMENT, model=model.id),
        prompt=PROMPT,
        negative_prompt="blurry" if model.spec.takes_negative_prompt else None,
        frame=FrameRequest(resolution="64p", duration_s=(num_frames - 1) / FPS),
        inputs=inputs,
        sampling=Sampling(seed=SEED),
    )


def planned(provider: LocalLTX, request: RenderRequest, model: LocalModel) -> RenderPlan:
    return provider.fit(make_plan(request, model.spec))


def as_written(frames: np.ndarray, folder: Path) -> np.ndarray:
    path = folder / "expected.mp4"
    write_clip(path, frames, FPS, None, lambda _: None)
    return images(path)


def keyframe(path: Path, frame: int, strength: float | None = None) -> Input:
    return Input(role=Role.KEYFRAME, path=path, at_s=frame / FPS, strength=strength)


def source(path: Path) -> Input:
    return Input(role=Role.SOURCE_VIDEO, path=path)


def extending(
    provider: LocalLTX, model: LocalModel, clip: Path, direction: ExtendDirection, *inputs: Input
) -> RenderPlan:
    video = Input(role=Role.EXTEND_VIDEO, path=clip)
    request = asked(model, video, *inputs).model_copy(
        update={"editing": Editing(direction=direction), "frame": FrameRequest(duration_s=1.0)}
    )
    return provider.fit(make_plan(request, model.spec, check_inputs(request)))


def retaking(
    provider: LocalLTX,
    model: LocalModel,
    clip: Path,
    *inputs: Input,
    part: RetakePart | None = None,
) -> RenderPlan:
    video = Input(role=Role.RETAKE_VIDEO, path=clip)
    editing = Editing(
        retake_from_s=RETAKE_FIRST / FPS, retake_to_s=RETAKE_STOP / FPS, retake_part=part
    )
    request = asked(model, video, *inputs).model_copy(
        update={"editing": editing, "frame": FrameRequest()}
    )
    return provider.fit(make_plan(request, model.spec, check_inputs(request)))
