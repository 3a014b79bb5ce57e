from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from core.errors import Problem, UnsupportedRequest
from core.jobs.lanes import Stage
from core.platform.machine import Gpu, Machine
from core.project.model.edits import FrameSlot
from core.video.memory import Device, MeasuredPeak, MemoryPlan, Pool, StagePeak
from core.video.planning.clip_plan import make_plan
from core.video.provider import NotReady, Ready, ReasonCode
from core.video.request import (
    Delivery,
    FrameRequest,
    Input,
    Motion,
    RenderChoices,
    RenderRequest,
    Sampling,
)
from core.video.terms import DEFAULT_TARGET, Role
from gui.render.plan_fixes import (
    ChooseFrame,
    ChooseValue,
    ClearFrame,
    EditPrompt,
    Fix,
    PlanContext,
    QuickFix,
    SetKey,
    ShowInstall,
)
from gui.render.plan_line import PlanLine
from gui.render.plan_text import PlanText, describe_plan, describe_problems
from tests.fakes.inputs import chosen, lora
from tests.fakes.model_choices import ABSENT, CLOUD, LOCAL, LTX_FULL, LTX_SMALL
from tests.fakes.packages import LARGE
from tests.fakes.provider import FAKE_KEY, FULL, SMALL, memory_plan
from tests.gui.controls import ControlCase, check_every_control, controls_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.video.plan import RenderPlan
    from core.video.spec import ModelSpec

ON_CPU = Machine("Linux", "x86_64", 2, ram_total_gb=16, ram_free_gb=12)
ON_GPU = replace(ON_CPU, gpus=(Gpu("Test GPU", "cuda", 24, 20),))
ASKED = FrameRequest(resolution="128p", duration_s=2, fps=16)


def planned(spec: ModelSpec = SMALL, **more: object) -> RenderPlan:
    request = RenderRequest(target=LTX_SMALL.with_model(spec.id), prompt="a ball", frame=ASKED)
    if spec is FULL:
        request = request.model_copy(update={"frame": FrameRequest(duration_s=4)})
    return make_plan(request, spec, new_seed=lambda: 7).model_copy(update=more)


def layout(device: Device, *, fits: bool = True) -> MemoryPlan:
    peak = StagePeak(stage=Stage.DECODE, vram_gb=17.2, ram_gb=0.9)
    reasons = ("All of it lies there.",) if fits else ("It needs 99 GB.",)
    update = {"device": device, "peaks": (peak,), "fits": fits, "reasons": reasons}
    return memory_plan(0).model_copy(update=update)


def described(plan: RenderPlan, machine: Machine = ON_CPU) -> PlanText:
    return describe_plan(plan, LOCAL.info, Ready(), machine)


# The words


def test_a_plan_on_this_machine_in_one_line() -> None:
    plan = planned(memory_plan=layout(Device.CPU), est_seconds=6)
    assert described(plan).line == (
        "192x128, 33 frames at 16 fps, 2.06 s · this machine, free · about 6 s · needs 0.9 of 16 GB"
    )


def test_what_the_first_render_installs_is_told_with_the_plan() -> None:
    text = describe_plan(planned(), LOCAL.info, Ready(installs=LARGE), ON_CPU)
    assert text.issues == ()
    assert text.notes[-1] == (
        "The first render installs Python packages, once: large_one, large_two (about 9 GB)."
    )


def test_with_a_gpu_its_memory_is_what_counts() -> None:
    plan = planned(memory_plan=layout(Device.CUDA), est_seconds=100)
    text = described(plan, ON_GPU)
    assert text.line.endswith("about 1 min 40 s · needs 17 of 24 GB")
    assert "17.2 GB of GPU memory (predicted) and 0.9 GB of memory (predicted); " in text.details
    assert "; all weights in GPU memory, " in text.details
    assert text.details.endswith("All of it lies there.")


def test_the_details_tell_what_the_figure_rests_on() -> None:
    measured = MeasuredPeak(pool=Pool.RAM, gb=1.4, runs=3)
    memory = layout(Device.CPU).model_copy(update={"measured": measured})
    text = described(planned(memory_plan=memory, est_seconds=6))
    assert text.line.endswith("needs 1.4 of 16 GB")
    assert "Up to 1.4 GB of memory (measured in 3 runs here); " in text.details


def test_a_plan_in_the_cloud_tells_place_and_price_and_no_memory() -> None:
    text = describe_plan(planned(FULL), CLOUD.info, Ready(), ON_CPU)
    assert text.line == "96x64, 97 frames at 24 fps, 4.04 s · Cloud, $0.16"


def test_a_first_clip_on_this_machine_says_that_its_time_is_not_known_yet() -> None:
    text = described(planned(memory_plan=layout(Device.CPU)), ON_CPU)
    assert "time not known yet" in text.line


@pytest.mark.parametrize(
    ("cost_usd", "words"),
    [(0.0, "free"), (None, "price unknown"), (0.004, "less than $0.01"), (1.5, "$1.50")],
)
def test_no_price_is_rounded_to_nothing(cost_usd: float | None, words: str) -> None:
    assert described(planned(cost_usd=cost_usd)).line.endswith(f", {words}")


def test_what_was_left_out_joins_the_notes() -> None:
    plan = planned()
    text = describe_plan(plan, LOCAL.info, Ready(), ON_CPU, ("The LoRA is not sent.",))
    assert text.notes == (*plan.notes, "The LoRA is not sent.")
    assert text.issues == ()


@pytest.mark.parametrize(
    ("reason_code", "fix", "advice"),
    [
        (ReasonCode.NOT_INSTALLED, ShowInstall(LTX_SMALL), "Install it in the Models tab."),
        (ReasonCode.DAMAGED, ShowInstall(LTX_SMALL), "Repair it in the Models tab."),
        (ReasonCode.KEY_MISSING, SetKey(FAKE_KEY), "Set it under Settings > Keys."),
        (ReasonCode.MACHINE_TOO_SMALL, ChooseValue("target", LOCAL.target), "Run a command."),
        (ReasonCode.PACKAGE_MISSING, None, "Run a command."),
    ],
)
def test_what_is_lacking_is_told_with_what_mends_it_in_the_window(
    reason_code: ReasonCode, fix: Fix | None, advice: str
) -> None:
    readiness = NotReady(reason_code, "It lacks something.", "Run a command.")
    spec = planned().spec.model_copy(update={"is_builtin": False})
    plan = planned().model_copy(update={"spec": spec})
    text = describe_plan(plan, CLOUD.info, readiness, ON_CPU)
    assert text.line
    (issue,) = text.issues
    assert issue.message == f"It lacks something. {advice}"
    assert (issue.quick_fix and issue.quick_fix.fix) == fix


def test_the_details_name_the_loras() -> None:
    plan = planned()
    given = (lora(path=Path("/loras/ink.safetensors")),)
    with_one = plan.model_copy(update={"request": plan.request.with_inputs(given)})
    assert "LoRA" not in describe_plan(plan, CLOUD.info, Ready(), ON_CPU).details
    assert "With LoRA ink" in describe_plan(with_one, CLOUD.info, Ready(), ON_CPU).details


def test_what_comes_with_the_program_is_repaired_by_no_tab() -> None:
    readiness = NotReady(ReasonCode.DAMAGED, "It is damaged.", "Get a whole copy.")
    (issue,) = describe_plan(planned(), CLOUD.info, readiness, ON_CPU).issues
    assert issue.message == "It is damaged. Get a whole copy."


def test_a_plan_that_does_not_fit_says_why() -> None:
    (issue,) = described(planned(memory_plan=layout(Device.CPU, fits=False))).issues
    assert "It needs 99 GB." in issue.message
    assert issue.quick_fix is not None
    assert issue.quick_fix.fix == ChooseValue("target", LOCAL.target)


def refused(request: RenderRequest, choices: RenderChoices, spec: ModelSpec) -> dict[str, object]:
    with pytest.raises(UnsupportedRequest) as caught:
        make_plan(request, spec)
    at = PlanContext(request.target, choices, spec, LOCAL.info)
    text = describe_problems(caught.value.problems, at)
    fixes = [item.quick_fix and item.quick_fix.fix for item in text.issues]
    assert [item.message for item in text.issues] == [
        problem.message for problem in caught.value.problems
    ]
    return dict(zip([p.field for p in caught.value.problems], fixes, strict=True))


def test_every_problem_of_the_choices_has_a_fix_that_works(tmp_path: Path) -> None:
    loras = tuple(lora(path=tmp_path / f"{number}.safetensors") for number in range(3))
    choices = chosen(
        fps=7,
        duration_s=99,
        num_inference_steps=500,
        guidance_scale=0,
        seed=-1,
        camera="pan_left",
        camera_speed=9,
        loras=loras,
        webhook_url="nowhere",
        resolution="9p",
        aspect="1:9",
    )
    request = RenderRequest(
        target=LTX_FULL,
        prompt=" ",
        frame=FrameRequest(resolution="9p", aspect="1:9", fps=7, duration_s=99),
        sampling=Sampling(seed=-1, num_inference_steps=500, guidance_scale=0),
        motion=Motion(camera="pan_left", speed=9),
        inputs=loras,
        delivery=Delivery(webhook_url="nowhere"),
    )
    assert refused(request, choices, FULL) == {
        "prompt": EditPrompt(),
        "frame.resolution": ChooseValue("resolution", None),
        "frame.aspect": ChooseValue("aspect", None),
        "frame.fps": ChooseValue("fps", 8 if FULL.fps[0] == 8 else 24),
        "frame.duration_s": ChooseValue("duration_s", 10.0),
        "sampling.num_inference_steps": ChooseValue("num_inference_steps", 20),
        "sampling.guidance_scale": ChooseValue("guidance_scale", 1.0),
        "sampling.seed": ChooseValue("seed", None),
        "motion.speed": ChooseValue("camera_speed", 2.0),
        "inputs.lora": ChooseValue("loras", loras[:2]),
        "delivery.webhook_url": ChooseValue("webhook_url", None),
    }


def test_a_clip_too_long_for_its_size_is_shortened_to_what_the_size_allows() -> None:
    choices = chosen(resolution="128p", duration_s=3)
    frame = FrameRequest(resolution="128p", duration_s=3)
    request = RenderRequest(target=LTX_SMALL, prompt="a ball", frame=frame)
    assert refused(request, choices, SMALL) == {"frame.duration_s": ChooseValue("duration_s", 2.0)}


def test_what_is_to_be_installed_points_to_the_page_and_to_no_command() -> None:
    at = PlanContext(LTX_FULL, chosen(), FULL, LOCAL.info)
    command = Problem("enhance_prompt", "It lacks a part. Run 'it'.", reason="It lacks a part.")
    (told,) = describe_problems([command], at).issues
    assert told.message == "It lacks a part. Install or repair it in the Models tab."


@pytest.mark.parametrize("role", [Role.EXTEND_VIDEO, Role.SOURCE_VIDEO])
def test_a_length_that_a_video_has_no_room_for_is_left_out(role: Role) -> None:
    choices = chosen(duration_s=99).with_inputs((Input(role=role, path=Path("v.mp4")),))
    at = PlanContext(LTX_FULL, choices, FULL, LOCAL.info)
    (issue,) = describe_problems([Problem("frame.duration_s", "No.")], at).issues
    assert issue.quick_fix == QuickFix("Leave the duration out", ChooseValue("duration_s", None))


def test_the_last_frame_of_the_scene_before_cannot_be_chosen_or_cleared() -> None:
    at = PlanContext(LTX_SMALL, RenderChoices(), SMALL, LOCAL.info, ABSENT, is_linked=True)
    (issue,) = describe_problems([Problem("inputs.start", "No.")], at).issues
    assert (issue.quick_fix, issue.other_fixes) == (None, ())


@pytest.mark.parametrize(
    ("field", "fix"),
    [
        ("target.model", ChooseValue("target", LOCAL.target)),
        ("target.provider", ChooseValue("target", DEFAULT_TARGET)),
        ("target", ShowInstall(LTX_SMALL)),
        ("out", None),
        ("inputs.start", ChooseFrame(FrameSlot.START)),
        ("inputs.end", ClearFrame(FrameSlot.END)),
        ("inputs.mask", None),
        ("sampling.guidance_scale", None),
    ],
)
def test_problems_outside_the_choices(field: str, fix: Fix | None) -> None:
    spec = None if field == "sampling.guidance_scale" else SMALL
    at = PlanContext(LTX_SMALL, RenderChoices(), spec, LOCAL.info, ABSENT)
    (issue,) = describe_problems([Problem(field, "No.")], at).issues
    assert (issue.quick_fix and issue.quick_fix.fix) == fix


# The widget


@pytest.fixture
def line(qtbot: QtBot) -> PlanLine:
    line = PlanLine()
    qtbot.addWidget(line)
    return line


def said(line: QWidget) -> str:
    return " ".join(label.text() for label in line.findChildren(QLabel) if label.isVisibleTo(line))


def bad_text() -> PlanText:
    problems = [Problem("prompt", "It is empty."), Problem("frame.fps", "No 7 fps.")]
    at = PlanContext(LTX_SMALL, chosen(fps=7), SMALL, LOCAL.info)
    return replace(describe_problems(problems, at), notes=("A note.",))


def test_every_control_works(qtbot: QtBot) -> None:
    messages: list[object] = []

    def make() -> PlanLine:
        line = PlanLine()
        qtbot.addWidget(line)
        line.fix_wanted.connect(messages.append)
        line.set_text(bad_text())
        return line

    def click(button: QWidget) -> None:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    check_every_control(
        make,
        [
            ControlCase("fix_0", click, lambda _: tuple(messages)),
            ControlCase("fix_1", click, lambda _: tuple(messages)),
            ControlCase("section_notes", click, said),
        ],
    )
    assert messages == [EditPrompt(), ChooseValue("fps", 8)]


def test_a_good_plan_is_one_line_with_its_notes_folded(line: PlanLine) -> None:
    text = described(planned(est_seconds=6))
    line.set_text(text)
    assert text.line in said(line)
    assert text.notes[0] not in said(line)
    heading = controls_of(line)["section_notes"]
    assert isinstance(heading, QWidget)
    line.set_text(replace(text, notes=()))
    assert not heading.isVisibleTo(line)


def test_notes_stay_open_from_plan_to_plan(line: PlanLine) -> None:
    line.set_text(replace(described(planned()), notes=("One.",)))
    QTest.mouseClick(controls_of(line)["section_notes"], Qt.MouseButton.LeftButton)
    line.set_text(replace(described(planned()), notes=("Two.", "Three.")))
    assert "Two." in said(line)
    assert "Three." in said(line)


def test_all_problems_are_shown_and_a_better_plan_takes_them_away(line: PlanLine) -> None:
    line.set_text(bad_text())
    assert "It is empty." in said(line)
    assert "No 7 fps." in said(line)
    line.set_text(described(planned()))
    assert "It is empty." not in said(line)
    assert not [button for button in line.findChildren(QPushButton) if button.isVisibleTo(line)]


def test_one_button_for_what_mends_two_things(line: PlanLine) -> None:
    problems = [Problem("target", "a"), Problem("target", "b")]
    at = PlanContext(LTX_SMALL, RenderChoices(), SMALL, LOCAL.info, ABSENT)
    line.set_text(describe_problems(problems, at))
    assert len(line.findChildren(QPushButton)) == 1


def test_checking_is_told_only_when_it_takes_long_and_keeps_what_was_shown(
    line: PlanLine, qtbot: QtBot
) -> None:
    text = described(planned())
    line.set_text(text)
    line.set_checking()
    assert "Checking…" not in said(line)
    qtbot.waitUntil(lambda: "Checking…" in said(line), timeout=3000)
    assert text.line in said(line)
    line.set_text(text)
    assert "Checking…" not in said(line)


def test_nothing_to_plan_says_why(line: PlanLine) -> None:
    line.set_text(bad_text())
    line.set_nothing("The project has no scenes yet.")
    assert said(line).strip() == "The project has no scenes yet."
    line.set_text(bad_text())
    assert "no scenes" not in said(line)
