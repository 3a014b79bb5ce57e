"""What goes over the wire to each endpoint of Fal, against what its own page says."""

from __future__ import annotations

import math
import wave
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.services.service_client import RemoteOrder
from core.video.control_row import Control
from core.video.controls import CONTROLS
from core.video.request import Editing, FrameRequest, Input, Motion, RenderRequest, Sampling
from core.video.terms import ExtendDirection, RetakePart, Role, Target, Task
from providers.ltx_video.fal.info import INFO
from providers.ltx_video.fal.models import MODELS
from providers.ltx_video.hosted.models import find_model
from tests.fakes.clips import large_clip

if TYPE_CHECKING:
    from pathlib import Path

    from core.studio import Studio
    from core.video.plan import RenderPlan

HOSTED = {
    "prompt": "a red ball",
    "duration": 6,
    "resolution": "1080p",
    "aspect_ratio": "16:9",
    "fps": 25,
    "generate_audio": True,
}


def asked(model: str, *inputs: Input, **more: Any) -> RenderRequest:
    target = Target(provider=INFO.id, deployment=INFO.deployment, model=model)
    return RenderRequest(target=target, prompt="a red ball", inputs=inputs, **more)


def order_of(studio: Studio, request: RenderRequest) -> RemoteOrder:
    plan = studio.plan(request).plan
    uploads = {item.path: f"https://up/{item.path.name}" for item in plan.request.inputs}
    return RemoteOrder(plan, "attempt", uploads)


def sent(studio: Studio, request: RenderRequest) -> tuple[str, dict[str, object]]:
    """Where an order goes, and what is in it."""
    order = order_of(studio, request)
    endpoint = find_model(MODELS, request.target.model).endpoint(order.plan.task)
    return endpoint.id_for(order.plan), endpoint.body(order)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "start.png"
    Image.new("RGB", (1920, 1080), (20, 120, 30)).save(path)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4 s of 720p with a tone."""
    return large_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", "1280x720", 25, 4)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    times = np.arange(4 * 16_000) / 16_000
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((9000 * np.sin(2 * math.pi * 440 * times)).astype("<i2").tobytes())
    return path


@pytest.mark.parametrize(
    ("model", "endpoint"),
    [
        ("ltx-2.3-fast", "fal-ai/ltx-2.3/text-to-video/fast"),
        ("ltx-2.3-pro", "fal-ai/ltx-2.3/text-to-video"),
    ],
)
def test_ltx_2_3_takes_whole_numbers(studio: Studio, model: str, endpoint: str) -> None:
    where, body = sent(studio, asked(model))
    assert (where, body) == (endpoint, HOSTED)
    assert type(body["duration"]) is int
    assert type(body["fps"]) is int


@pytest.mark.parametrize("tier", ["fast", "pro"])
def test_ltx_2_5_takes_its_duration_as_text_and_camera_moves_in_its_own_words(
    studio: Studio, tier: str
) -> None:
    frame = FrameRequest(duration_s=8, resolution="720p", aspect="9:16", fps=50)
    motion = Motion(camera="crane up")
    where, body = sent(studio, asked(f"ltx-2.5-{tier}", frame=frame, motion=motion, audio=False))
    assert where == f"lightricks/ltx-2.5/text-to-video/{tier}"
    assert body == {
        "prompt": "a red ball",
        "duration": "8",
        "resolution": "720p",
        "aspect_ratio": "9:16",
        "fps": 50,
        "generate_audio": False,
        "camera_motion": "jib_up",
    }


@pytest.mark.parametrize(
    ("model", "endpoint"),
    [
        ("ltx-2.3-fast", "fal-ai/ltx-2.3/image-to-video/fast"),
        ("ltx-2.3-pro", "fal-ai/ltx-2.3/image-to-video"),
        ("ltx-2.5-fast", "lightricks/ltx-2.5/image-to-video/fast"),
        ("ltx-2.5-pro", "lightricks/ltx-2.5/image-to-video/pro"),
    ],
)
def test_images_go_by_their_addresses(
    studio: Studio, image: Path, model: str, endpoint: str
) -> None:
    end = image.rename(image.with_name("end.png"))
    Image.new("RGB", (1920, 1080)).save(image)
    roles = (Input(role=Role.START, path=image), Input(role=Role.END, path=end))
    where, body = sent(studio, asked(model, *roles))
    assert where == endpoint
    assert body["image_url"] == "https://up/start.png"
    assert body["end_image_url"] == "https://up/end.png"


def test_an_end_image_alone_is_refused(studio: Studio, image: Path) -> None:
    with pytest.raises(UnsupportedRequest, match="only together with a start image"):
        sent(studio, asked("ltx-2.3-pro", Input(role=Role.END, path=image)))


def test_a_strength_that_the_endpoint_does_not_take_is_refused(studio: Studio, image: Path) -> None:
    weak = Input(role=Role.START, path=image, strength=0.5)
    with pytest.raises(UnsupportedRequest, match="at its full strength alone"):
        sent(studio, asked("ltx-2.3-pro", weak))


@pytest.mark.parametrize(
    ("direction", "mode"),
    [(ExtendDirection.FORWARD, "end"), (ExtendDirection.BACKWARD, "start")],
)
def test_a_clip_is_extended_by_so_many_seconds(
    studio: Studio, clip: Path, direction: ExtendDirection, mode: str
) -> None:
    request = asked(
        "ltx-2.3-edit",
        Input(role=Role.EXTEND_VIDEO, path=clip),
        editing=Editing(direction=direction),
        frame=FrameRequest(duration_s=4),
    )
    where, body = sent(studio, request)
    assert where == "fal-ai/ltx-2.3/extend-video"
    assert body == {
        "prompt": "a red ball",
        "video_url": "https://up/clip.mp4",
        "duration": 4.0,
        "mode": mode,
    }
    plan = studio.plan(request).plan
    assert (plan.num_frames, plan.kept_frames) == (200, 100)
    assert plan.cost_usd is None
    assert any("what it costs is not known" in note for note in plan.notes)
    assert any("The service sees the video as a whole" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("part", "mode"),
    [
        (None, "replace_audio_and_video"),
        (RetakePart.VIDEO, "replace_video"),
        (RetakePart.AUDIO, "replace_audio"),
    ],
)
def test_a_part_is_retaken(studio: Studio, clip: Path, part: RetakePart | None, mode: str) -> None:
    editing = Editing(retake_from_s=1, retake_to_s=3.2, retake_part=part)
    request = asked("ltx-2.3-edit", Input(role=Role.RETAKE_VIDEO, path=clip), editing=editing)
    where, body = sent(studio, request)
    assert where == "fal-ai/ltx-2.3/retake-video"
    assert body == {
        "prompt": "a red ball",
        "video_url": "https://up/clip.mp4",
        "start_time": 1.0,
        "duration": 2.2,
        "retake_mode": mode,
    }


def test_a_retake_of_less_than_fal_makes_is_refused(studio: Studio, clip: Path) -> None:
    editing = Editing(retake_from_s=1, retake_to_s=2)
    request = asked("ltx-2.3-edit", Input(role=Role.RETAKE_VIDEO, path=clip), editing=editing)
    with pytest.raises(UnsupportedRequest, match=r"at least 2 s anew, not 1\.00 s"):
        studio.plan(request)


def test_a_clip_follows_a_whole_audio_file(studio: Studio, sound: Path, image: Path) -> None:
    inputs = (Input(role=Role.AUDIO, path=sound), Input(role=Role.START, path=image))
    where, body = sent(studio, asked("ltx-2.3-audio", *inputs))
    assert where == "fal-ai/ltx-2.3/audio-to-video"
    assert body == {
        "prompt": "a red ball",
        "audio_url": "https://up/tone.wav",
        "image_url": "https://up/start.png",
        "aspect_ratio": "16:9",
    }
    assert studio.plan(asked("ltx-2.3-audio", *inputs)).plan.num_frames == 100


@pytest.mark.parametrize("audio", [True, False])
def test_the_sound_of_an_audio_file_is_no_choice(studio: Studio, sound: Path, audio: bool) -> None:
    request = asked("ltx-2.3-audio", Input(role=Role.AUDIO, path=sound), audio=audio)
    with pytest.raises(UnsupportedRequest, match="leaves no choice of sound"):
        studio.plan(request)


def test_another_length_than_that_of_the_audio_file_is_refused(studio: Studio, sound: Path) -> None:
    frame = FrameRequest(duration_s=6)
    request = asked("ltx-2.3-audio", Input(role=Role.AUDIO, path=sound), frame=frame)
    with pytest.raises(UnsupportedRequest, match=r"4\.00 s long, and so is the clip"):
        studio.plan(request)


def test_the_open_weights_take_what_their_sampler_takes(studio: Studio, image: Path) -> None:
    request = asked(
        "ltx-2.3-22b",
        Input(role=Role.START, path=image, strength=0.8),
        negative_prompt="blur",
        frame=FrameRequest(duration_s=2, resolution="720p"),
        sampling=Sampling(seed=7, num_inference_steps=30, guidance_scale=4),
        motion=Motion(camera="dolly_forward"),
    )
    where, body = sent(studio, request)
    assert where == "fal-ai/ltx-2.3-22b/image-to-video"
    assert body == {
        "prompt": "a red ball",
        "negative_prompt": "blur",
        "video_size": {"width": 1280, "height": 736},
        "fps": 24,
        "generate_audio": True,
        "seed": 7,
        "num_inference_steps": 30,
        "video_cfg_scale": 4,
        "camera_lora": "dolly_in",
        "enable_prompt_expansion": False,
        "num_frames": 49,
        "image_url": "https://up/start.png",
        "image_strength": 0.8,
    }


def test_the_distilled_weights_have_no_steps_and_no_guidance_to_send(studio: Studio) -> None:
    where, body = sent(studio, asked("ltx-2.3-22b-distilled"))
    assert where == "fal-ai/ltx-2.3-22b/distilled/text-to-video"
    assert not {"num_inference_steps", "video_cfg_scale"} & set(body)
    assert body["camera_lora"] == "none"


def test_the_open_weights_extend_a_clip_by_what_they_see_and_make(
    studio: Studio, tmp_path: Path
) -> None:
    long = large_clip(tmp_path / "long.mp4", "832x480", 24, 2)
    request = asked(
        "ltx-2.3-22b",
        Input(role=Role.EXTEND_VIDEO, path=long),
        editing=Editing(direction=ExtendDirection.BACKWARD),
        frame=FrameRequest(duration_s=2),
    )
    where, body = sent(studio, request)
    assert where == "fal-ai/ltx-2.3-22b/extend-video"
    assert body["extend_direction"] == "backward"
    assert (body["num_context_frames"], body["num_frames"]) == (25, 73)
    assert body["video_url"] == "https://up/long.mp4"


_OTHER: dict[Control, object] = {
    Control.NEGATIVE_PROMPT: "blur",
    Control.RESOLUTION: "720p",
    Control.ASPECT: "9:16",
    Control.DURATION: 8.0,
    Control.FPS: 24,
    Control.AUDIO: False,
    Control.CAMERA_MOTION: "dolly_left",
    Control.STEPS: 12,
    Control.GUIDANCE_SCALE: 5.0,
    Control.SEED: 99,
    Control.EXTEND_DIRECTION: ExtendDirection.BACKWARD,
    Control.RETAKE_FROM: 1.5,
    Control.RETAKE_TO: 3.5,
    Control.RETAKE_PART: RetakePart.VIDEO,
}


def test_a_video_gets_another_aspect(studio: Studio, clip: Path) -> None:
    request = asked(
        "ltx-reframe",
        Input(role=Role.REFRAME_VIDEO, path=clip),
        frame=FrameRequest(aspect="9:16", resolution="720p"),
    )
    assert sent(studio, request) == (
        "fal-ai/ltx-2.3/reframe",
        {"video_url": "https://up/clip.mp4", "aspect_ratio": "9:16", "resolution": "720p"},
    )
    assert studio.plan(request).plan.cost_usd == pytest.approx(0.10 * 4)


@pytest.mark.parametrize("model", [model.spec.id for model in MODELS])
def test_no_control_is_dropped(
    studio: Studio, model: str, image: Path, clip: Path, sound: Path
) -> None:
    spec = find_model(MODELS, model).spec
    given = {
        Task.IMAGE_TO_VIDEO: Input(role=Role.START, path=image),
        Task.EXTEND_VIDEO: Input(role=Role.EXTEND_VIDEO, path=clip),
        Task.RETAKE: Input(role=Role.RETAKE_VIDEO, path=clip),
        Task.REFRAME: Input(role=Role.REFRAME_VIDEO, path=clip),
        Task.AUDIO_TO_VIDEO: Input(role=Role.AUDIO, path=sound),
    }
    for task in spec.tasks:
        request = asked(
            model,
            *([given[task]] if task in given else []),
            editing=Editing(retake_from_s=1, retake_to_s=3) if task is Task.RETAKE else Editing(),
            frame=FrameRequest(aspect="1:1" if task is Task.REFRAME else None),
            sampling=Sampling(seed=5 if spec.takes_seed else None),
        )
        if model.startswith("ltx-2.3-22b") and task is Task.EXTEND_VIDEO:
            continue  # of another size; its own test is above
        plain = sent(studio, request)
        for row in CONTROLS:
            if row.id not in _OTHER:
                continue
            other = row.with_value(request, _OTHER[row.id])
            try:
                changed = sent(studio, other)
            except UnsupportedRequest:
                continue
            assert changed != plain or _is_told(studio.plan(other).plan, row.id), (task, row.id)


def _is_told(plan: RenderPlan, control: Control) -> bool:
    """Whether the plan itself says that a value has no effect, or already has it."""
    if control is Control.DURATION:
        return any("duration is not used" in note for note in plan.notes)
    if control is Control.PROMPT:
        return any("the prompt is not used" in note for note in plan.notes)
    same = {Control.RESOLUTION: "720p", Control.FPS: plan.fps, Control.ASPECT: "16:9"}
    return control in same and same[control] == _OTHER[control]


def test_the_orders_of_a_model_are_asked_after_by_one_app() -> None:
    for model in MODELS:
        assert {endpoint.app for endpoint in model.endpoints} == {model.endpoints[0].app}
        assert {endpoint.task for endpoint in model.endpoints} == set(model.spec.tasks)


@pytest.mark.parametrize(
    ("model", "frame", "said"),
    [
        ("ltx-2.3-fast", FrameRequest(duration_s=20, fps=50), "at most 10 s"),
        ("ltx-2.3-fast", FrameRequest(duration_s=12, resolution="2160p"), "at most 10 s"),
        ("ltx-2.3-fast", FrameRequest(duration_s=7), "6, 8, 10"),
        ("ltx-2.3-pro", FrameRequest(duration_s=12), "6, 8 or 10"),
        ("ltx-2.3-pro", FrameRequest(fps=30), "24, 25, 48 or 50"),
        ("ltx-2.5-pro", FrameRequest(fps=48), "24, 25 or 50"),
        ("ltx-2.5-pro", FrameRequest(resolution="2160p"), "resolution"),
        ("ltx-2.3-pro", FrameRequest(aspect="1:1"), "aspect"),
    ],
)
def test_what_an_endpoint_does_not_make_is_refused(
    studio: Studio, model: str, frame: FrameRequest, said: str
) -> None:
    with pytest.raises(UnsupportedRequest, match=said):
        studio.plan(asked(model, frame=frame))


@pytest.mark.parametrize(
    ("role", "model"),
    [
        (Role.EXTEND_VIDEO, "ltx-2.3-edit"),
        (Role.AUDIO, "ltx-2.3-audio"),
        (None, "ltx-2.3-fast"),
    ],
)
def test_the_model_is_chosen_by_the_files(
    studio: Studio, clip: Path, sound: Path, role: Role | None, model: str
) -> None:
    path = sound if role is Role.AUDIO else clip
    request = asked("auto", *([Input(role=role, path=path)] if role else []))
    assert studio.plan(request).plan.target.model == model


KEYFRAMED = "ltx-video-13b-0.9.8-distilled"


def keyframes(image: Path, *times_s: float) -> tuple[Input, ...]:
    return tuple(
        Input(role=Role.KEYFRAME, path=image, at_s=time_s, strength=0.5) for time_s in times_s
    )


def test_images_stand_at_their_frames_each_with_its_strength(studio: Studio, image: Path) -> None:
    start, end = (Input(role=role, path=image) for role in (Role.START, Role.END))
    frame = FrameRequest(duration_s=5, resolution="480p", fps=24)
    request = asked(KEYFRAMED, start, *keyframes(image, 1.0), end, frame=frame)
    where, body = sent(studio, request)
    assert where == "fal-ai/ltxv-13b-098-distilled/multiconditioning"
    url = "https://up/start.png"
    assert body.pop("images") == [
        {"image_url": url, "start_frame_num": 0, "strength": 1.0},
        {"image_url": url, "start_frame_num": 24, "strength": 0.5},
        {"image_url": url, "start_frame_num": 120, "strength": 1.0},
    ]
    assert isinstance(body.pop("seed"), int)
    assert body == {
        "prompt": "a red ball",
        "resolution": "480p",
        "aspect_ratio": "16:9",
        "frame_rate": 24,
        "num_frames": 121,
        "expand_prompt": False,
    }


def test_words_alone_go_to_the_endpoint_without_images(studio: Studio) -> None:
    where, body = sent(studio, asked(KEYFRAMED))
    assert where == "fal-ai/ltxv-13b-098-distilled"
    assert "images" not in body


def test_every_image_between_two_places_is_refused_with_both(studio: Studio, image: Path) -> None:
    request = asked(
        KEYFRAMED, *keyframes(image, 1.1, 2.2), frame=FrameRequest(duration_s=5, fps=24)
    )
    with pytest.raises(UnsupportedRequest) as refused:
        studio.plan(request)
    told = [problem.message for problem in refused.value.problems]
    assert [message.split("Choose ")[1] for message in told] == [
        "1.000 or 1.333 s.",
        "2.000 or 2.333 s.",
    ]
