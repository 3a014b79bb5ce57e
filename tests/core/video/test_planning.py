from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UnsupportedRequest
from core.video.allowed import is_web_address
from core.video.inputs import CheckedInputs
from core.video.memory import Device
from core.video.plan import RenderPlan
from core.video.planning.clip_plan import make_plan
from core.video.planning.prompt_parts import with_enhanced_prompt
from core.video.request import (
    MAX_SEED,
    Delivery,
    FrameRequest,
    Input,
    Motion,
    RenderRequest,
    Sampling,
)
from core.video.spec import CameraWay, DurationLimit, Durations, FrameGrid, ModelSpec
from core.video.terms import PersonGeneration, Residency, Role, Target
from tests.fakes.inputs import inputs_of, lora
from tests.fakes.provider import BIG, FULL, SMALL, memory_plan

TARGET = Target(provider="fake", deployment="local", model="fake-small")
SPECS = (SMALL, BIG, FULL)


def ask(prompt: str = "a red ball", **parts: object) -> RenderRequest:
    return RenderRequest.model_validate({"target": TARGET, "prompt": prompt, **parts})


def frame(**values: object) -> RenderRequest:
    return ask(frame=FrameRequest.model_validate(values))


def problems(request: RenderRequest, spec: ModelSpec = SMALL) -> dict[str, str]:
    with pytest.raises(UnsupportedRequest) as caught:
        make_plan(request, spec)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_plain_request_gets_the_defaults_of_the_spec() -> None:
    plan = make_plan(ask(), SMALL, new_seed=lambda: 42)
    assert (plan.width, plan.height, plan.fps, plan.num_frames) == (96, 64, 8, 9)
    assert (plan.num_inference_steps, plan.guidance_scale) == (4, 3.0)
    assert plan.has_audio
    assert plan.seed == 42
    assert plan.cost_usd == 0.0


@pytest.mark.parametrize("residency", Residency)
def test_a_layout_says_where_the_weights_lie(residency: Residency) -> None:
    on_gpu = memory_plan(0).model_copy(update={"device": Device.CUDA, "residency": residency})
    on_cpu = on_gpu.model_copy(update={"device": Device.CPU, "quantization": "Q4_K"})
    assert "in GPU memory, " in on_gpu.weights_text
    assert on_cpu.weights_text == "all weights in main memory, Q4_K"


def test_unknown_price_stays_unknown() -> None:
    assert make_plan(ask(), BIG).cost_usd is None


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_every_legal_request_gives_a_clip_the_model_can_make(data: st.DataObject) -> None:
    spec = data.draw(st.sampled_from(SPECS))
    size = data.draw(st.sampled_from(spec.sizes))
    longest = spec.durations.longest(size.resolution)
    duration_s = data.draw(st.floats(spec.durations.minimum, longest))
    fps = data.draw(st.sampled_from(spec.fps))
    request = frame(
        resolution=size.resolution, aspect=size.aspect.value, fps=fps, duration_s=duration_s
    )
    plan = make_plan(request, spec)
    assert (plan.width, plan.height) == (size.width, size.height)
    assert spec.frame_grid.is_on_grid(plan.num_frames)
    # Half a step of the grid plus its offset is the farthest that snapping may move the length.
    reach = (spec.frame_grid.step / 2 + spec.frame_grid.offset) / fps
    at_least_one = (spec.frame_grid.step + spec.frame_grid.offset) / fps
    assert abs(plan.duration_s - duration_s) <= max(reach, at_least_one - duration_s) + 1e-9
    assert 0 <= plan.seed <= MAX_SEED
    if plan.duration_s != duration_s:
        assert any(f"{plan.num_frames} frames" in note for note in plan.notes)
    assert RenderPlan.model_validate_json(plan.model_dump_json()) == plan


# A request holds none that is infinite.
numbers = st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None, max_examples=200)
@given(
    resolution=st.none() | st.text(max_size=8) | st.sampled_from(["64p", "96x64", "1x1"]),
    aspect=st.none() | st.text(max_size=5) | st.sampled_from(["3:2", "2:3", "1:1"]),
    fps=st.none() | st.integers(),
    duration_s=st.none() | numbers,
    seed=st.none() | st.integers(),
    steps=st.none() | st.integers(),
    guidance_scale=st.none() | numbers,
    camera=st.none() | st.text(max_size=9),
    speed=st.none() | numbers,
    prompt=st.text(max_size=20),
)
def test_any_request_is_planned_or_refused_in_sentences(
    resolution: str | None,
    aspect: str | None,
    fps: int | None,
    duration_s: float | None,
    seed: int | None,
    steps: int | None,
    guidance_scale: float | None,
    camera: str | None,
    speed: float | None,
    prompt: str,
) -> None:
    request = ask(
        prompt,
        frame=FrameRequest(resolution=resolution, aspect=aspect, fps=fps, duration_s=duration_s),
        sampling=Sampling(seed=seed, num_inference_steps=steps, guidance_scale=guidance_scale),
        motion=Motion(camera=camera, speed=speed),
    )
    for spec in SPECS:
        try:
            num_frames = make_plan(request, spec).num_frames
        except UnsupportedRequest as error:
            sentences = [problem.message for problem in error.problems]
        else:
            sentences = ["Planned."]
            assert spec.frame_grid.is_on_grid(num_frames)
        assert sentences
        assert all(sentence.endswith((".", "?")) for sentence in sentences)


def test_all_problems_are_told_at_once() -> None:
    request = ask(
        "  ",
        frame=FrameRequest(resolution="72p", aspect="16:10", fps=25, duration_s=9),
        sampling=Sampling(seed=-1, num_inference_steps=99, guidance_scale=0.5),
        motion=Motion(camera="pan_lift"),
    )
    assert set(problems(request)) == {
        "prompt",
        "frame.resolution",
        "frame.aspect",
        "frame.fps",
        "frame.duration_s",
        "sampling.seed",
        "sampling.num_inference_steps",
        "sampling.guidance_scale",
        "motion.camera",
    }


@pytest.mark.parametrize(
    ("request_", "field", "nearest"),
    [
        (frame(resolution="65p"), "frame.resolution", "'64p'"),
        (frame(resolution="100x64"), "frame.resolution", "96x64"),
        (frame(fps=9), "frame.fps", "nearest is 8"),
        (frame(duration_s=9), "frame.duration_s", "nearest is 4 s"),
        (frame(duration_s=0), "frame.duration_s", "nearest is 0.5 s"),
        (frame(aspect="3:5"), "frame.aspect", "'2:3'"),
        (frame(resolution="128p", aspect="2:3"), "frame.aspect", "at 128p it makes 3:2"),
        (ask(motion=Motion(camera="pan_lift")), "motion.camera", "'pan_left'"),
        (ask(sampling=Sampling(num_inference_steps=21)), "sampling.num_inference_steps", "20"),
    ],
)
def test_refusal_names_the_nearest_valid_value(
    request_: RenderRequest, field: str, nearest: str
) -> None:
    assert nearest in problems(request_)[field]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (ask(inputs=inputs_of(start_image=Path("x.png"))), "inputs.start"),
        (ask(negative_prompt="blur"), "negative_prompt"),
        (ask(audio=True), "audio"),
        (ask(motion=Motion(camera="pan_left")), "motion.camera"),
        (ask(motion=Motion(speed=1.0)), "motion.speed"),
        (ask(sampling=Sampling(guidance_scale=3.0)), "sampling.guidance_scale"),
        (ask(sampling=Sampling(num_inference_steps=3)), "sampling.num_inference_steps"),
    ],
)
def test_what_a_model_does_not_take_is_refused_and_not_dropped(
    request_: RenderRequest, field: str
) -> None:
    assert list(problems(request_, BIG)) == [field]


def test_prompt_longer_than_the_model_reads_is_refused() -> None:
    assert "65 words" in problems(ask("word " * 65))["prompt"]
    assert make_plan(ask("word " * 64), SMALL)


def test_size_in_pixels_and_name_in_any_case_are_found() -> None:
    assert make_plan(frame(resolution="64x96"), SMALL).height == 96
    assert make_plan(frame(resolution="64P"), SMALL).width == 96
    assert make_plan(frame(aspect="2:3"), SMALL).width == 64


def test_size_with_less_time_shortens_the_default_and_refuses_the_wish() -> None:
    long = SMALL.model_copy(
        update={"durations": SMALL.durations.model_copy(update={"default": 3.0})}
    )
    plan = make_plan(frame(resolution="128p"), long)
    assert plan.num_frames == FrameGrid(step=8, offset=1).frames(2.0, 8)
    assert any("at most 2 s" in note for note in plan.notes)
    assert "at most 2 s" in problems(frame(resolution="128p", duration_s=3))["frame.duration_s"]


LIMITED = FULL.model_copy(
    update={
        "durations": Durations(
            minimum=1,
            maximum=10,
            default=8,
            limits=(
                DurationLimit(resolution="128p", maximum=6),
                DurationLimit(fps=50, maximum=5),
                DurationLimit(resolution="128p", fps=48, maximum=3),
            ),
        )
    }
)


@pytest.mark.parametrize(
    ("resolution", "fps", "longest_s"),
    [("64p", 24, 10), ("64p", 50, 5), ("64p", 48, 10), ("128p", 24, 6), ("128p", 48, 3)],
)
def test_size_and_rate_limit_the_length_together(
    resolution: str, fps: int, longest_s: float
) -> None:
    def ask_for(duration_s: float) -> RenderRequest:
        return frame(resolution=resolution, fps=fps, duration_s=duration_s)

    assert make_plan(ask_for(longest_s), LIMITED)
    message = problems(ask_for(longest_s + 0.5), LIMITED)["frame.duration_s"]
    assert f"{longest_s:g} s" in message
    plan = make_plan(frame(resolution=resolution, fps=fps), LIMITED)
    assert plan.duration_s == pytest.approx(min(8, longest_s), abs=9 / fps)


@pytest.mark.parametrize("asked_s", [6, 600])
def test_a_frame_rate_that_shortens_the_clip_is_named(asked_s: float) -> None:
    with pytest.raises(UnsupportedRequest) as caught:
        make_plan(frame(fps=50, duration_s=asked_s), LIMITED)
    (problem,) = caught.value.problems
    assert "At 96x64 and 50 fps Fake Full makes at most 5 s" in problem.message
    assert "a lower frame rate" in problem.message


def test_a_move_that_is_no_words_leaves_the_prompt_alone() -> None:
    camera = FULL.camera
    assert camera is not None
    wire = FULL.model_copy(update={"camera": camera.model_copy(update={"way": CameraWay.WIRE})})
    plan = make_plan(ask(motion=Motion(camera="pan_left", speed=2)), wire)
    assert plan.prompt == "a red ball"
    assert "camera" not in " ".join(plan.notes).lower()


def test_snapped_length_is_told() -> None:
    plan = make_plan(frame(duration_s=2.0), SMALL)
    assert plan.num_frames == 17
    assert "2 s at 8 fps → 17 frames, 2.12 s." in plan.notes


@pytest.mark.parametrize(
    ("speed", "words"),
    [(None, "left."), (0.5, "left slowly."), (2.0, "left quickly."), (1.0, "left.")],
)
def test_camera_move_is_joined_to_the_prompt_and_told(speed: float | None, words: str) -> None:
    plan = make_plan(ask(motion=Motion(camera="Pan-Left", speed=speed)), SMALL)
    assert plan.prompt == f"a red ball. The camera pans {words}"
    assert any("The camera move pan left is asked for in words" in note for note in plan.notes)
    assert plan.request.prompt == "a red ball"


def test_start_image_chooses_the_nearest_shape_and_tells_the_crop() -> None:
    request = ask(inputs=inputs_of(start_image=Path("x.png")))
    tall = make_plan(request, SMALL, CheckedInputs({Role.START: (300, 500)}))
    assert (tall.width, tall.height) == (64, 96)
    assert any("cut at its edges" in note for note in tall.notes)
    exact = make_plan(request, SMALL, CheckedInputs({Role.START: (96, 64)}))
    assert not any("start image" in note.lower() for note in exact.notes)


def test_image_smaller_than_the_frame_is_named_in_its_note() -> None:
    request = ask(inputs=inputs_of(start_image=Path("x.png")))
    plan = make_plan(request, SMALL, CheckedInputs({Role.START: (48, 32)}))
    assert "The start image is smaller than 96x64, so it will look soft." in plan.notes


def test_asked_shape_wins_over_the_start_image() -> None:
    request = ask(inputs=inputs_of(start_image=Path("x.png")), frame=FrameRequest(aspect="3:2"))
    assert make_plan(request, SMALL, CheckedInputs({Role.START: (300, 500)})).width == 96


def test_audio_can_be_left_out() -> None:
    assert not make_plan(ask(audio=False), SMALL).has_audio
    assert not make_plan(ask(), BIG).has_audio


def images(count: int) -> tuple[Path, ...]:
    return tuple(Path(f"{number}.png") for number in range(count))


def loras(count: int) -> tuple[Input, ...]:
    return tuple(lora(path=Path(f"{number}.safetensors")) for number in range(count))


EVERYTHING = {
    "inputs": inputs_of(None, Path("end.png"), images(3), loras(2)),
    "audio_prompt": "rain",
    "person_generation": PersonGeneration.ALLOW_ADULT,
    "delivery": Delivery(memory=Residency.GROUP_OFFLOAD, webhook_url="https://example.com/done"),
}


def test_a_model_that_takes_everything_is_asked_for_everything() -> None:
    request = ask(**EVERYTHING)
    assert make_plan(request, FULL).request == request


def test_a_model_that_takes_nothing_extra_refuses_each_part_and_says_what_to_do() -> None:
    found = problems(ask(**EVERYTHING))
    assert set(found) == {
        "inputs.end",
        "inputs.reference",
        "audio_prompt",
        "inputs.lora",
        "person_generation",
        "delivery.memory",
        "delivery.webhook_url",
    }
    assert all(message.startswith("Fake Small ") for message in found.values())
    assert "in the prompt instead" in found["audio_prompt"]
    assert "makes no sound" in problems(ask(audio_prompt="rain"), BIG)["audio_prompt"]


def test_more_than_the_model_takes_is_refused_with_how_many_to_leave_out() -> None:
    request = ask(inputs=inputs_of(None, None, images(5), loras(3)))
    found = problems(request, FULL)
    assert "at most 3 reference images, and 5 are given. Leave 2" in found["inputs.reference"]
    assert "at most 2 LoRAs, and 3 are given. Leave 1" in found["inputs.lora"]
    one = FULL.model_copy(update={"inputs": {Role.LORA: 1}})
    assert "at most 1 LoRA, and" in problems(ask(inputs=loras(2)), one)["inputs.lora"]


def test_a_memory_layout_that_is_not_offered_names_those_that_are() -> None:
    request = ask(delivery=Delivery(memory=Residency.MODEL_OFFLOAD))
    assert "resident, group-offload" in problems(request, FULL)["delivery.memory"]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/done?id=3",
        "http://127.0.0.1:8080/x",
        "http://localhost/",
        "http://[::1]/",
    ],
)
def test_a_webhook_is_https_or_on_this_machine(url: str) -> None:
    assert is_web_address(url)
    make_plan(ask(delivery=Delivery(webhook_url=url)), FULL)


@pytest.mark.parametrize(
    "url",
    ["", "done", "http://example.com/", "https://", "ftp://a.b/", "https://a b/", "https://a:x/"],
)
def test_another_webhook_is_refused_and_not_repeated(url: str) -> None:
    message = problems(ask(delivery=Delivery(webhook_url=url)), FULL)["delivery.webhook_url"]
    assert "https://" in message
    assert "example.com" not in message


def test_an_audio_prompt_for_a_silent_clip_is_told() -> None:
    plan = make_plan(ask(audio=False, audio_prompt="rain"), FULL)
    assert "No sound is made for the clip, so its audio prompt is not used." in plan.notes
    assert "rain" not in plan.prompt


def test_the_audio_prompt_is_the_end_of_what_the_model_reads() -> None:
    asked = ask(prompt="a lighthouse", audio_prompt=" waves and gulls ")
    plan = make_plan(asked, FULL)
    assert plan.prompt == "a lighthouse. waves and gulls"
    assert plan.request == asked
    assert "The audio prompt is read as the end of the prompt: 'waves and gulls'." in plan.notes
    assert FULL.camera is not None
    moved = asked.model_copy(update={"motion": Motion(camera=FULL.camera.motions[0])})
    assert make_plan(moved, FULL).prompt.endswith(". waves and gulls")
    parts = FULL.model_copy(update={"most_parts": 4})
    both = make_plan(ask(prompt="a ball | a box", audio_prompt="rain"), parts)
    assert [part.prompt for part in both.parts] == ["a ball. rain", "a box. rain"]
    enhanced = with_enhanced_prompt(plan, "A lighthouse at dusk.")
    assert enhanced.prompt == "A lighthouse at dusk. waves and gulls"


def test_a_long_audio_prompt_is_refused() -> None:
    assert "reads at most 64" in problems(ask(audio_prompt="rain " * 65), FULL)["audio_prompt"]


def test_an_end_image_alone_decides_the_aspect_and_its_crop_is_told() -> None:
    request = ask(inputs=inputs_of(end_image=Path("end.png")))
    plan = make_plan(request, FULL, CheckedInputs({Role.END: (300, 500)}))
    assert (plan.width, plan.height) == (64, 96)
    assert any("end image of 300x500 is cut" in note for note in plan.notes)


@pytest.mark.parametrize(("wanted_fps", "frames"), [(24, 27), (60, 68)])
def test_frames_between_are_made_afterwards_and_told(wanted_fps: int, frames: int) -> None:
    plan = make_plan(frame(interpolated_fps=wanted_fps), SMALL)
    assert (plan.fps, plan.num_frames, plan.interpolated_fps) == (8, 9, wanted_fps)
    assert (plan.final_fps, plan.final_frames) == (wanted_fps, frames)
    assert plan.frames_text == f"9 frames at 8 fps, interpolated to {frames} at {wanted_fps}"
    assert any(
        f"makes the clip at 8 fps. Afterwards FFmpeg makes the frames between, {frames} at "
        f"{wanted_fps} fps in all" in note
        for note in plan.notes
    )
    plain = make_plan(ask(), SMALL)
    assert (plain.final_fps, plain.final_frames) == (8, 9)
    assert plain.frames_text == "9 frames at 8 fps"


def test_a_rate_that_the_model_does_not_make_is_refused_with_the_way_to_it() -> None:
    assert problems(frame(fps=60))["frame.fps"].endswith(
        "Or have the frames between made afterwards: interpolate to 60 fps."
    )
    assert "interpolate" not in problems(frame(fps=7))["frame.fps"]


def test_an_interpolation_that_makes_no_frames_is_refused() -> None:
    assert (
        "takes a higher frame rate of 24, 25, 30, 48, 50, 60, 100 or 120"
        in (problems(frame(interpolated_fps=23))["frame.interpolated_fps"])
    )
    lower = problems(frame(fps=50, interpolated_fps=48), FULL)["frame.interpolated_fps"]
    assert lower.startswith("The clip has 50 frames per second, so there is nothing to make for 48")
