"""Images at their places in the clip: exact to the frame, refused all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UnsupportedRequest
from core.video.inputs import CheckedInputs
from core.video.placement import placed_images
from core.video.planning.clip_plan import make_plan
from core.video.request import FrameRequest, Input, RenderRequest
from core.video.spec import FrameGrid
from core.video.terms import OutputKind, Role, Target, Task
from tests.fakes.provider import FULL, SMALL

TARGET = Target(provider="fake", deployment="local", model="fake-full")


def keyframe(at_s: float, name: str = "k.png", strength: float | None = None) -> Input:
    return Input(role=Role.KEYFRAME, path=Path(name), at_s=at_s, strength=strength)


def ask(*inputs: Input, **fields: object) -> RenderRequest:
    frame = FrameRequest(duration_s=2.0, fps=24, resolution="64p")
    return RenderRequest(target=TARGET, prompt="a red ball", frame=frame, inputs=inputs).model_copy(
        update=fields
    )


def problems(request: RenderRequest, spec=FULL) -> list[tuple[str, str]]:
    with pytest.raises(UnsupportedRequest) as caught:
        make_plan(request, spec)
    return [(problem.field, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("at_s", "frame"),
    [(0.0, 0), (1 / 24, 1), (8 / 24, 8), (0.375, 9), (0.39, 9), (0.4, 10), (2.0, 48)],
)
def test_a_time_is_the_frame_that_is_nearest(at_s: float, frame: int) -> None:
    assert [image.frame for image in placed_images(ask(keyframe(at_s)), FULL, 49, 24)] == [frame]


def test_start_and_end_are_the_first_and_the_last_frame_and_all_come_in_order() -> None:
    request = ask(
        Input(role=Role.END, path=Path("e.png"), strength=0.5),
        keyframe(1.0, strength=0.7),
        Input(role=Role.START, path=Path("s.png")),
        Input(role=Role.REFERENCE, path=Path("r.png")),
    )
    found = placed_images(request, FULL, 49, 24)
    assert [(image.frame, image.strength, image.place) for image in found] == [
        (0, 1.0, 2),
        (24, 0.7, 1),
        (48, 0.5, 0),
    ]


def test_the_plan_says_which_frame_each_keyframe_is_and_how_it_is_fitted() -> None:
    request = ask(keyframe(1.0, "wide.png", 0.7))
    known = CheckedInputs(image_sizes={0: (400, 100)}, sizes={Role.KEYFRAME: (400, 100)})
    plan = make_plan(request, FULL, known)
    last = plan.num_frames
    assert plan.task is Task.IMAGE_TO_VIDEO
    assert (
        f"The keyframe 'wide.png' is frame 25 of {last}, at 1.00 s, with a strength of 0.7."
        in plan.notes
    )
    assert any("keyframe 'wide.png' of 400x100 is cut at its edges" in n for n in plan.notes)


def test_a_keyframe_alone_decides_the_aspect() -> None:
    known = CheckedInputs(sizes={Role.KEYFRAME: (300, 500)}, image_sizes={0: (300, 500)})
    plan = make_plan(ask(keyframe(0.5)), FULL, known)
    assert (plan.width, plan.height) == (64, 96)


def test_everything_that_is_wrong_with_keyframes_is_told_together() -> None:
    request = ask(
        Input(role=Role.START, path=Path("s.png")),
        keyframe(0.0, "a.png"),
        keyframe(9.0, "late.png"),
        keyframe(1.0, "strong.png", 1.5),
    )
    found = problems(request)
    assert [field for field, _ in found] == ["inputs.keyframe"] * 3
    strong, late, same = (message for _, message in found)
    assert "'strong.png' has a strength of 1.5. It goes from 0" in strong
    assert "'late.png' at 9 s is outside of the clip, whose last frame is at" in late
    assert same.startswith("The start image 's.png' and the keyframe 'a.png' are the same frame, ")


def test_a_keyframe_at_the_last_frame_and_an_end_image_are_one_too_many() -> None:
    end = Input(role=Role.END, path=Path("e.png"))
    plan = make_plan(ask(end), FULL)
    last_s = (plan.num_frames - 1) / plan.fps
    ((field, message),) = problems(ask(end, keyframe(last_s)))
    assert field == "inputs.keyframe"
    assert "are the same frame" in message


def test_a_model_without_keyframes_and_an_image_refuse_them() -> None:
    refusal = f"{SMALL.label} takes no keyframe. Leave it out or choose another model."
    assert ("inputs.keyframe", refusal) in problems(ask(keyframe(0.5)), SMALL)
    image = ask(keyframe(0.5), output=OutputKind.IMAGE, frame=FrameRequest())
    assert ("inputs.keyframe", "An image has no keyframe. Leave it out.") in problems(image)


SOFT = FULL.model_copy(
    update={"reference_strength": 0.4, "frame_grid": FrameGrid(step=8, offset=1)}
)


def references(count: int) -> list[Input]:
    return [Input(role=Role.REFERENCE, path=Path(f"r{number}.png")) for number in range(count)]


@pytest.mark.parametrize(("count", "frames"), [(1, [24]), (2, [16, 32]), (3, [12, 24, 36])])
def test_references_of_a_model_without_a_use_for_them_come_at_even_distances(
    count: int, frames: list[int]
) -> None:
    found = placed_images(ask(*references(count)), SOFT, 49, 24)
    assert [(image.frame, image.strength) for image in found] == [(at, 0.4) for at in frames]
    assert placed_images(ask(*references(count)), FULL, 49, 24) == ()


def test_a_reference_keeps_away_from_keyframes_and_from_what_is_kept() -> None:
    found = placed_images(ask(*references(1), keyframe(1.0)), SOFT, 49, 24)
    assert [(image.frame, image.item.role) for image in found] == [
        (16, Role.REFERENCE),
        (24, Role.KEYFRAME),
    ]
    for new, frame in (((range(29, 49),), 38), ((range(20),), 10), ((range(8), range(33, 49)), 33)):
        (image,) = placed_images(ask(*references(1)), SOFT, 49, 24, new)
        assert abs(image.frame - frame) <= 1


def test_the_plan_says_that_references_are_soft_keyframes() -> None:
    known = CheckedInputs(image_sizes={0: (400, 100)}, sizes={Role.REFERENCE: (400, 100)})
    plan = make_plan(ask(*references(1)), SOFT, known)
    assert plan.task is Task.TEXT_TO_VIDEO
    note = next(note for note in plan.notes if "soft keyframe" in note)
    assert note.startswith("Fake Full has no use of its own for reference images: the reference ")
    assert "with a strength of 0.4." in note
    assert any("reference image 'r0.png' of 400x100 is cut" in note for note in plan.notes)
