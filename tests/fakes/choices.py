"""Any legal choices, for tests that let hypothesis choose."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from core.video.request import Input
from core.video.terms import (
    ControlMap,
    EncoderBits,
    ExtendDirection,
    PersonGeneration,
    Residency,
    RetakePart,
    Role,
    Target,
)
from tests.fakes.inputs import chosen
from tests.fakes.model_choices import CLOUD, LOCAL, LTX_FULL, LTX_SMALL, OTHER

_numbers = st.none() | st.floats(-1e6, 1e6, allow_nan=False)
_targets = st.sampled_from(
    [
        *(offer.target for offer in (LOCAL, CLOUD, OTHER)),
        LTX_SMALL,
        LTX_FULL,
        LOCAL.target.with_model("gone"),
        Target(provider="gone", deployment="nowhere"),
    ]
)
_loras = st.builds(
    Input,
    role=st.just(Role.LORA),
    path=st.sampled_from([Path("/a.safetensors"), Path("/b/c.bin")]),
    strength=st.floats(0, 2),
)

_keyframes = st.builds(
    Input,
    role=st.just(Role.KEYFRAME),
    path=st.sampled_from([Path("/a.png"), Path("/b/c.webp")]),
    at_s=st.floats(0, 500),
    strength=st.floats(0, 1),
)

any_choices = st.builds(
    chosen,
    target=_targets,
    resolution=st.none() | st.sampled_from(["64p", "128p", "1080p"]) | st.text(max_size=4),
    aspect=st.none() | st.sampled_from(["3:2", "9:16"]) | st.text(max_size=4),
    fps=st.none() | st.integers(-1, 200),
    interpolated_fps=st.none() | st.integers(-1, 200),
    duration_s=_numbers,
    audio=st.none() | st.booleans(),
    audio_prompt=st.none() | st.text(min_size=1, max_size=9),
    camera=st.none() | st.sampled_from(["pan_left", "crane_up"]),
    camera_speed=_numbers,
    motion_speed=_numbers,
    negative_prompt=st.none() | st.text(min_size=1, max_size=9),
    num_inference_steps=st.none() | st.integers(-5, 10**6),
    guidance_scale=_numbers,
    two_stage=st.none() | st.booleans(),
    seed=st.none() | st.integers(-1, 2**33),
    loras=st.lists(_loras, max_size=4).map(tuple),
    source_video=st.none() | st.just(Input(role=Role.SOURCE_VIDEO, path=Path("/v.mp4"))),
    strength=_numbers,
    extend_video=st.none() | st.just(Input(role=Role.EXTEND_VIDEO, path=Path("/e.mp4"))),
    extend_direction=st.none() | st.sampled_from(list(ExtendDirection)),
    audio_file=st.none() | st.just(Input(role=Role.AUDIO, path=Path("/a.wav"))),
    retake_video=st.none() | st.just(Input(role=Role.RETAKE_VIDEO, path=Path("/r.mp4"))),
    retake_from=_numbers,
    retake_to=_numbers,
    retake_part=st.none() | st.sampled_from(list(RetakePart)),
    reframe_video=st.none() | st.just(Input(role=Role.REFRAME_VIDEO, path=Path("/f.mp4"))),
    control_video=st.none() | st.just(Input(role=Role.CONTROL, path=Path("/c.mp4"))),
    control_map=st.none() | st.sampled_from(list(ControlMap)),
    keyframes=st.lists(_keyframes, max_size=4).map(tuple),
    person_generation=st.none() | st.sampled_from(list(PersonGeneration)),
    workflow=st.none() | st.just(Input(role=Role.WORKFLOW, path=Path("/w.json"))),
    memory=st.none() | st.sampled_from(list(Residency)),
    text_encoder=st.none() | st.sampled_from(list(EncoderBits)),
    webhook_url=st.none() | st.text(min_size=1, max_size=9),
)
