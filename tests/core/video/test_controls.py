"""What holds for every control of every model, whatever is asked of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.errors import UnsupportedRequest
from core.video.allowed import (
    Allowed,
    AnyValue,
    FileLimit,
    OneOf,
    OneSize,
    OnOff,
    TextLimit,
    WebAddress,
    is_allowed,
    nearest,
)
from core.video.control_row import Control, ControlKind, ControlRow
from core.video.controls import CONTROLS, ROWS, option_of
from core.video.editing.tools import IMAGE_TOOLS
from core.video.planning.clip_plan import make_plan
from core.video.request import FrameRequest, Input, RenderRequest
from core.video.spec import Durations, FloatRange, IntRange
from core.video.terms import (
    ControlMap,
    ExtendDirection,
    OutputKind,
    Residency,
    RetakePart,
    Role,
    Target,
)
from tests.fakes.provider import BIG, FULL, SMALL

if TYPE_CHECKING:
    from core.video.spec import ModelSpec

TARGET = Target(provider="fake", deployment="local", model="fake-full")
LISTED = FULL.model_copy(
    update={"id": "fake-listed", "durations": Durations.of(4, 6, 8, default=6), "takes_seed": False}
)
SPECS = (SMALL, BIG, FULL, LISTED)
# What no form and no option gives alone.
JUDGED = tuple(row for row in CONTROLS if row.id not in (Control.PROVIDER, Control.DEPLOYMENT))

_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_files = st.lists(_texts, min_size=1, max_size=5)


def values_for(row: ControlRow) -> st.SearchStrategy[object]:
    """Values of the kind that a form or an option can give, wise and unwise."""
    if row.role is not None:
        role = row.role
        inputs = _files.map(
            # At times of their own: two keyframes are never the same frame.
            lambda names: tuple(
                Input(role=role, path=Path(name), at_s=place / 4)
                for place, name in enumerate(names)
            )
        )
        return inputs.map(lambda found: found[0]) if row.kind is ControlKind.FILE else inputs
    if row.id is Control.MEMORY:
        return st.sampled_from(Residency)
    if row.id is Control.EXTEND_DIRECTION:
        return st.sampled_from(ExtendDirection)
    if row.id is Control.RETAKE_PART:
        return st.sampled_from(RetakePart)
    if row.id is Control.CONTROL_MAP:
        return st.sampled_from(ControlMap)
    if row.id is Control.TOOL:
        return st.sampled_from(tuple(IMAGE_TOOLS))
    if row.id is Control.TARGET:
        return st.just(TARGET)
    match row.kind:
        case ControlKind.WHOLE:
            return st.integers(-10, 200) | st.integers()
        case ControlKind.NUMBER:
            return st.floats(-5, 50) | st.floats()
        case ControlKind.SWITCH:
            return st.booleans()
        case _:
            words = st.lists(st.sampled_from(["rain", "fog", "-"]), min_size=1, max_size=90)
            known = st.sampled_from(
                ["64p", "128P", "96x64", "99 x 70", "3:2", "pan_left", "Static"]
            )
            return _texts | known | words.map(" ".join) | st.just("https://example.com/x")


def asked(row: ControlRow, value: object, spec: ModelSpec) -> RenderRequest:
    request = RenderRequest(target=TARGET, prompt="a red ball")
    if row.id is Control.CAMERA_SPEED and spec.camera:
        request = ROWS[Control.CAMERA_MOTION].with_value(request, spec.camera.motions[0])
    if row.id is Control.CONTROL_VIDEO and spec.control_maps:
        request = ROWS[Control.CONTROL_MAP].with_value(request, spec.control_maps[0])
    if row.needs is not None:
        video = Input(role=row.needs, path=Path("v.mp4"))
        request = request.with_inputs((video,) if spec.limit(row.needs) else ())
    return row.with_value(request, value)


def problems(request: RenderRequest, spec: ModelSpec) -> dict[str, str]:
    try:
        make_plan(request, spec)
    except UnsupportedRequest as error:
        return {problem.field: problem.message for problem in error.problems}
    return {}


@settings(deadline=None, max_examples=400)
@given(data=st.data())
def test_planning_takes_what_is_allowed_and_refuses_the_rest_by_its_field(
    data: st.DataObject,
) -> None:
    row, spec = data.draw(st.sampled_from(JUDGED)), data.draw(st.sampled_from(SPECS))
    value = data.draw(values_for(row))
    request = asked(row, value, spec)
    allowed, found = row.allowed(spec), problems(request, spec)
    if not row.is_set(request):
        assert found == {}
    elif allowed is not None and is_allowed(value, allowed):
        # An empty prompt is refused whatever the model reads.
        assert set(found) <= (
            {"prompt"} if row.id is Control.PROMPT and not str(value).strip() else set()
        )
    else:
        assert row.path in found, (row.id, value)
        assert found[row.path].endswith((".", "?"))


@settings(deadline=None, max_examples=400)
@given(data=st.data())
def test_the_nearest_value_is_allowed_or_the_usual_one(data: st.DataObject) -> None:
    row, spec = data.draw(st.sampled_from(JUDGED)), data.draw(st.sampled_from(SPECS))
    allowed = row.allowed(spec)
    assume(allowed is not None)
    assert allowed is not None
    value = data.draw(values_for(row))
    near = row.nearest(value, spec)
    if is_allowed(value, allowed) and not isinstance(near, str):
        assert near == (value if row.kind is not ControlKind.FILE else (value,))
    if near is None:
        assert isinstance(allowed, OneOf | OneSize | WebAddress)
    else:
        assert is_allowed(near, allowed)
        assert nearest(near, allowed) == near


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_a_refused_number_names_the_nearest_one(data: st.DataObject) -> None:
    numbers = [row for row in CONTROLS if row.kind in (ControlKind.NUMBER, ControlKind.WHOLE)]
    row, spec = data.draw(st.sampled_from(numbers)), data.draw(st.sampled_from(SPECS))
    value = data.draw(values_for(row))
    allowed = row.allowed(spec)
    assume(allowed is not None)
    assert allowed is not None
    assume(not is_allowed(value, allowed))
    assert isinstance(value, int | float)
    assume(math.isfinite(value))
    message = problems(asked(row, value, spec), spec)[row.path]
    near = row.nearest(value, spec)
    assert isinstance(near, int | float)
    named = f"{near:g}" if isinstance(near, float) else str(near)
    assert f"The nearest is {named}" in message


def test_every_control_has_its_option_its_words_and_its_own_field() -> None:
    for row in CONTROLS:
        assert option_of(row.path) == row.options[0].partition("/")[0]
        assert row.options[0].startswith("--")
        assert row.label
        assert row.tip
        assert not row.tip.endswith(".")
        assert row.noun in row.not_taken.format(noun=row.noun, advice="") or row.noun in (
            "sound", "duration", "camera move", "webhook", "memory layout",
            "prompt enhancement", "enhanced prompt", "automatic duration",
        )  # fmt: skip
    assert len({row.path for row in CONTROLS}) == len(CONTROLS) == len(ROWS)
    spellings = [word for row in CONTROLS for option in row.options for word in option.split("/")]
    assert len(set(spellings)) == len(spellings)


@pytest.mark.parametrize("row", CONTROLS, ids=lambda row: row.id)
def test_a_value_comes_back_and_disturbs_no_other(row: ControlRow) -> None:
    empty = RenderRequest(target=TARGET, prompt="a red ball")
    value: object = {
        ControlKind.NUMBER: 2.5,
        ControlKind.WHOLE: 7,
        ControlKind.SWITCH: True,
        ControlKind.FILE: Input(role=row.role or Role.START, path=Path("a.png")),
        ControlKind.FILES: (Input(role=row.role or Role.LORA, path=Path("b"), strength=0.5),),
    }.get(row.kind, "x")
    if row.id is Control.TARGET:
        value = Target(provider="p", deployment="d", model="m")
    changed = row.with_value(empty, value)
    assert row.value(changed) == value
    assert not row.is_set(empty) or row.id in (
        Control.PROMPT, Control.PROVIDER, Control.DEPLOYMENT, Control.TARGET,
    )  # fmt: skip
    for other in CONTROLS:
        if not {row.path, other.path} & {"target"} and other is not row:
            assert other.value(changed) == other.value(empty), other.id
    assert row.with_value(changed, row.value(empty)) == empty


@pytest.mark.parametrize(
    ("allowed", "value"),
    [
        (IntRange(minimum=1, maximum=2, default=1), math.nan),
        (FloatRange(minimum=1, maximum=2, default=1), math.nan),
        (Durations.of(4, 6, 8, default=6), math.nan),
    ],
)
def test_no_number_is_never_allowed_and_its_nearest_is_the_usual_one(
    allowed: Allowed, value: float
) -> None:
    assert not is_allowed(value, allowed)
    assert isinstance(allowed, IntRange | FloatRange | Durations)
    assert nearest(value, allowed) == allowed.default


def test_lengths_of_a_list_are_the_only_ones() -> None:
    frame = FrameRequest(duration_s=5)
    message = problems(RenderRequest(target=TARGET, prompt="x", frame=frame), LISTED)
    assert message == {
        "frame.duration_s": "Fake Full makes clips of 4, 6 or 8 s, not 5 s. The nearest is 4 s."
    }
    plan = make_plan(RenderRequest(target=TARGET, prompt="x"), LISTED)
    assert plan.num_frames == LISTED.frame_grid.frames(6, 24)


def test_an_image_has_no_length_no_rate_and_no_sound() -> None:
    request = RenderRequest(target=TARGET, prompt="a red ball", output=OutputKind.IMAGE)
    plan = make_plan(request, FULL)
    assert (plan.num_frames, plan.fps, plan.duration_s, plan.has_audio) == (1, 0, 0.0, False)
    for control, value in (
        (Control.DURATION, 2.0), (Control.FPS, 24), (Control.AUDIO, True),
        (Control.AUDIO_PROMPT, "rain"),
    ):  # fmt: skip
        row = ROWS[control]
        found = problems(row.with_value(request, value), FULL)
        assert found == {row.path: f"An image has no {row.noun}. Leave it out."}


def test_a_model_that_makes_no_images_or_takes_none_says_what_it_does() -> None:
    image = RenderRequest(target=TARGET, prompt="a red ball", output=OutputKind.IMAGE)
    clips_only = FULL.model_copy(update={"tasks": SMALL.tasks[:2]})
    assert "does no text-to-image. Ask for text-to-video" in problems(image, clips_only)["task"]
    start = ROWS[Control.START_IMAGE].with_value(image, Input(role=Role.START, path=Path("a.png")))
    no_edits = FULL.model_copy(update={"tasks": SMALL.tasks[:3]})
    assert "does no image-edit" in problems(start, no_edits)["task"]


def test_a_kind_of_limit_is_never_shown_as_another() -> None:
    kinds = {
        Control.PROMPT: TextLimit,
        Control.RESOLUTION: OneSize,
        Control.FPS: OneOf,
        Control.AUDIO: OnOff,
        Control.LORAS: FileLimit,
        Control.TARGET: AnyValue,
    }
    for control, kind in kinds.items():
        assert isinstance(ROWS[control].allowed(FULL), kind)
