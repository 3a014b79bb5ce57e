"""What is done to an image by a tool: what each needs, what it leaves, how large its result is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import UnsupportedRequest
from core.video.editing.tools import IMAGE_TOOLS, ImageLimits, PromptUse
from core.video.inputs import CheckedInputs
from core.video.planning.clip_plan import make_plan
from core.video.request import Editing, FrameRequest, Input, Margins, RenderRequest
from core.video.spec import FloatRange
from core.video.terms import OutputKind, Role, Target, Task
from tests.fakes.provider import SMALL

TARGET = Target(provider="fake", deployment="local", model=SMALL.id)
WIDE = (300, 200)
TOOLS = SMALL.model_copy(
    update={
        "tasks": (Task.TEXT_TO_IMAGE, Task.IMAGE_EDIT, *IMAGE_TOOLS),
        "inputs": {Role.START: 1, Role.REFERENCE: 1, Role.MASK: 1},
        "most_margin": 2000,
        "upscale_factor": FloatRange(minimum=2, maximum=4, default=4),
        "strength": FloatRange(minimum=0.1, maximum=1, default=0.5),
    }
)


def asked(
    tool: Task | None = None, *roles: Role, prompt: str = "a hat", **more: Any
) -> RenderRequest:
    inputs = tuple(Input(role=role, path=Path(f"{role.value}.png")) for role in roles)
    frame = more.pop("frame", FrameRequest())
    editing = Editing(tool=tool, **more)
    return RenderRequest(
        target=TARGET, prompt=prompt, output=OutputKind.IMAGE, inputs=inputs, editing=editing,
        frame=frame,
    )  # fmt: skip


def known(request: RenderRequest, size: tuple[int, int] = WIDE) -> CheckedInputs:
    return CheckedInputs(
        sizes=dict.fromkeys((item.role for item in request.inputs), size),
        image_sizes=dict.fromkeys(range(len(request.inputs)), size),
        edited_share=0.5 if request.of_role(Role.MASK) else None,
    )


def problems(request: RenderRequest, spec: Any = TOOLS) -> dict[str, str]:
    try:
        make_plan(request, spec, known(request))
    except UnsupportedRequest as error:
        return {problem.field: problem.message for problem in error.problems}
    return {}


@pytest.mark.parametrize(
    ("request_", "size"),
    [
        (asked(Task.OUTPAINT, Role.START, margins=Margins(left=50, down=20)), (350, 220)),
        (asked(Task.UPSCALE, Role.START), (1200, 800)),
        (asked(Task.UPSCALE, Role.START, upscale_factor=2.5), (750, 500)),
        (asked(Task.ERASE, Role.START, Role.MASK), WIDE),
        (asked(Task.REMOVE_BACKGROUND, Role.START), WIDE),
        (asked(Task.SEARCH_AND_REPLACE, Role.START, search="the cap"), WIDE),
    ],
    ids=lambda found: found.task.value if isinstance(found, RenderRequest) else "",
)
def test_the_size_of_what_comes_of_a_tool_follows_from_the_image(
    request_: RenderRequest, size: tuple[int, int]
) -> None:
    plan = make_plan(request_, TOOLS, known(request_))
    assert (plan.task, plan.width, plan.height) == (request_.editing.tool, *size)


@pytest.mark.parametrize(
    ("request_", "field", "said"),
    [
        (asked(Task.OUTPAINT, Role.START), "editing.margins.left", "needs a margin on the left"),
        (asked(Task.ERASE, Role.START), "inputs.mask", "erase needs a mask"),
        (asked(Task.SEARCH_AND_RECOLOR, Role.START), "editing.search", "needs a search text"),
        (asked(Task.UPSCALE), "inputs.start", "needs an image to work on"),
        (asked(Task.SKETCH, Role.START, prompt=" "), "prompt", "prompt is empty"),
    ],
    ids=lambda found: found.task.value if isinstance(found, RenderRequest) else "",
)
def test_what_a_tool_cannot_do_without_is_asked_for(
    request_: RenderRequest, field: str, said: str
) -> None:
    assert said in problems(request_)[field]


@pytest.mark.parametrize(
    ("tool", "words"), [(tool, info.prompt) for tool, info in IMAGE_TOOLS.items()]
)
def test_words_are_needed_used_or_told_to_be_of_no_use(tool: Task, words: PromptUse) -> None:
    roles = (Role.START, Role.MASK) if tool is Task.ERASE else (Role.START,)
    more = {"search": "a cap"} if "search" in tool.value else {}
    if tool is Task.OUTPAINT:
        more = {"margins": Margins(up=10)}
    empty, full = (asked(tool, *roles, prompt=text, **more) for text in ("", "a hat"))
    assert ("prompt" in problems(empty)) is (words is PromptUse.NEEDED)
    plan = make_plan(full, TOOLS, known(full))
    assert plan.prompt == ("" if words is PromptUse.UNUSED else "a hat")
    told = any("the prompt is not used" in note for note in plan.notes)
    assert told is (words is PromptUse.UNUSED)


def test_all_that_means_nothing_for_a_tool_is_told_at_once() -> None:
    request = asked(
        Task.REMOVE_BACKGROUND, Role.START, Role.MASK, strength=0.4, search="hat",
        upscale_factor=2.0, margins=Margins(left=5), frame=FrameRequest(resolution="64p"),
    )  # fmt: skip
    found = problems(request)
    for field in (
        "editing.strength", "editing.search", "editing.upscale_factor", "editing.margins.left",
        "inputs.mask", "frame.resolution",
    ):  # fmt: skip
        assert found[field].endswith("."), field
    assert "this is remove-background" in found["editing.strength"]


def test_margins_and_factors_beyond_what_a_model_makes_name_the_nearest() -> None:
    wide = asked(Task.OUTPAINT, Role.START, margins=Margins(left=2001, up=-1))
    found = problems(wide)
    assert "The nearest is 2000" in found["editing.margins.left"]
    assert "The nearest is 0" in found["editing.margins.up"]
    assert "The nearest is 4" in problems(asked(Task.UPSCALE, Role.START, upscale_factor=9.0))[
        "editing.upscale_factor"
    ]  # fmt: skip


def test_a_model_without_the_tool_says_which_it_has() -> None:
    spec = TOOLS.model_copy(update={"tasks": (Task.ERASE,)})
    request = asked(Task.UPSCALE, Role.START)
    assert "does no upscale. Ask for erase" in problems(request, spec)["editing.tool"]


def test_a_model_without_the_tool_is_no_way_out_because_it_refuses_a_file_too() -> None:
    spec = TOOLS.model_copy(update={"tasks": (Task.ERASE,), "inputs": {Role.START: 1}})
    found = problems(asked(Task.UPSCALE, Role.START, Role.MASK), spec)
    assert {"editing.tool", "inputs.mask"} <= found.keys()


def test_an_image_to_change_has_a_strength_where_the_model_leaves_it() -> None:
    request = asked(None, Role.START, strength=0.3)
    assert make_plan(request, TOOLS, known(request)).strength == 0.3
    assert make_plan(asked(None, Role.START), TOOLS, known(request)).strength == 0.5
    assert "needs a start image" in problems(asked(None, Role.REFERENCE, strength=0.3))[
        "editing.strength"
    ]  # fmt: skip
    assert "is for" in problems(asked(None, strength=0.3))["editing.strength"]
    bare = TOOLS.model_copy(update={"strength": None})
    assert "no choice how much" in problems(request, bare)["editing.strength"]


def test_a_clip_has_no_tool_and_an_image_no_tool_that_is_none() -> None:
    clip = asked(Task.UPSCALE, Role.START).model_copy(update={"output": OutputKind.VIDEO})
    assert problems(clip)["editing.tool"] == "A clip has no tool. Leave it out."
    with pytest.raises(ValidationError, match="is no tool for images"):
        Editing(tool=Task.TEXT_TO_VIDEO)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((60, 200), "sides of at least 64 pixels"),
        ((600, 200), "sides of 1 to 2.5 at most"),
        ((900, 700), "at most 500,000 pixels, not 630,000"),
        ((1100, 450), "sides of at most 1000 pixels"),
    ],
)
def test_an_image_of_a_size_that_the_model_does_not_take_is_told_before_it_is_sent(
    size: tuple[int, int], said: str
) -> None:
    limits = ImageLimits(least_side=64, most_side=1000, most_pixels=500_000, most_ratio=2.5)
    spec = TOOLS.model_copy(update={"image_limits": limits})
    request = asked(Task.UPSCALE, Role.START)
    with pytest.raises(UnsupportedRequest, match=said):
        make_plan(request, spec, known(request, size))


def test_a_model_whose_result_has_the_size_of_the_image_has_none_to_choose() -> None:
    spec = TOOLS.model_copy(
        update={"sizes": (), "tasks": (Task.IMAGE_EDIT,), "required": (Role.MASK,)}
    )
    request = asked(None, Role.START, Role.MASK)
    plan = make_plan(request, spec, known(request))
    assert (plan.width, plan.height) == WIDE
    found = problems(asked(None, Role.START, frame=FrameRequest(aspect="1:1")), spec)
    assert "needs a mask" in found["inputs.mask"]
    assert "size follows from" in found["frame.aspect"]
    clip = request.model_copy(update={"output": OutputKind.VIDEO})
    assert "task" in problems(clip, spec), "without a size of its own it is told all the same"
