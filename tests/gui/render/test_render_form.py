"""The form of a render: every control, every model, every value that a project may hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QPlainTextEdit,
    QToolButton,
    QWidget,
)

from core.project.model.project import RenderChoices
from core.video.controls import CHOICES, MAX_SEED
from core.video.listing import ListedModel, ListedProvider, ModelListing
from core.video.provider import Ready
from core.video.request import Input
from core.video.spec import Residency
from core.video.terms import EncoderBits, PersonGeneration, Role, Target
from gui.render.ltx_controls_widget import LTXControlsWidget
from gui.render.render_form import ChoicesEdit, RenderForm, SceneScope
from providers.ltx_video.models.catalog import BY_ID
from providers.ltx_video.models.info import INFO, LTXModel
from tests.fakes.choices import any_choices
from tests.fakes.inputs import chosen
from tests.fakes.model_choices import CLOUD, LOCAL, LTX_FULL, LTX_SMALL, OTHER
from tests.fakes.provider import FULL
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.operating import answer_with, choose_index
from tests.gui.render.render_forms import (
    FOLLOWER,
    ONE,
    OWN_LORA,
    PICKED,
    click,
    control,
    down,
    items,
    open_form,
    said,
    up,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

SMALL_OWN = chosen(
    target=LTX_SMALL,
    audio=False,
    camera="pan_left",
    camera_speed=1.5,
    guidance_scale=5,
    num_inference_steps=9,
    seed=3,
    negative_prompt="blurry",
)
FULL_OWN = chosen(
    SMALL_OWN,
    target=LTX_FULL,
    resolution="64p",
    aspect="2:3",
    duration_s=2,
    fps=25,
    interpolated_fps=60,
    audio=True,
    audio_prompt="rain",
    motion_speed=0.5,
    keyframes=(Input(role=Role.KEYFRAME, path=Path("/k.png"), at_s=0.5),),
    source_video=Input(role=Role.SOURCE_VIDEO, path=Path("/v.mp4")),
    strength=0.5,
    extend_video=Input(role=Role.EXTEND_VIDEO, path=Path("/e.mp4")),
    retake_video=Input(role=Role.RETAKE_VIDEO, path=Path("/r.mp4")),
    reframe_video=Input(role=Role.REFRAME_VIDEO, path=Path("/f.mp4")),
    control_video=Input(role=Role.CONTROL, path=Path("/c.mp4")),
    audio_file=Input(role=Role.AUDIO, path=Path("/a.wav")),
    loras=(ONE,),
    person_generation=PersonGeneration.ALLOW_ADULT,
    workflow=Input(role=Role.WORKFLOW, path=Path("/w.json")),
    memory=Residency.RESIDENT,
    text_encoder=EncoderBits.EIGHT,
    webhook_url="https://example.com/",
)
FIELDS = tuple(row.id.value for row in CHOICES)
SCOPE = SceneScope("Scene 3", FIELDS, RenderChoices())
SMALL_ROWS = (
    "audio",
    "camera",
    "camera_speed",
    "guidance_scale",
    "num_inference_steps",
    "seed",
    "negative_prompt",
)
FULL_ROWS = (
    *SMALL_ROWS,
    "auto_duration",
    "enhance_prompt",
    "two_stage",
    "audio_prompt",
    "motion_speed",
    "keyframes",
    "source_video",
    "strength",
    "extend_video",
    "extend_direction",
    "retake_video",
    "retake_from",
    "retake_to",
    "retake_part",
    "reframe_video",
    "control_video",
    "control_map",
    "audio_file",
    "loras",
    "person_generation",
    "workflow",
    "memory",
    "webhook_url",
)


def typed(edit: QWidget) -> None:
    QTest.keyClicks(edit, "7")


def is_shown(panel: RenderForm, name: str) -> bool:
    return not control(panel, name).isHidden()


def value(panel: RenderForm) -> RenderChoices:
    return panel.value()


def is_advanced_hidden(panel: RenderForm) -> bool:
    return not control(panel, "memory").isVisibleTo(panel)


def other(box: QWidget) -> None:
    assert isinstance(box, QComboBox)
    choose_index(1 - box.currentIndex())(box)


def own(panel: RenderForm) -> bool:
    return control(panel, "model_reset").isHidden()


def hidden(name: str) -> Callable[[RenderForm], object]:
    """Whether a way back is hidden, as it is once it was gone."""
    return lambda panel: control(panel, name).isHidden()


def check_cases(extra: tuple[ControlCase, ...] = ()) -> list[ControlCase]:
    return [
        ControlCase("provider", down, value),
        ControlCase("model", up, value),
        ControlCase("model_reset", click, own),
        ControlCase("resolution", other, value),
        ControlCase("resolution_reset", click, value),
        ControlCase("aspect", up, value),
        ControlCase("aspect_reset", click, value),
        ControlCase("duration_s", up, value),
        ControlCase("duration_s_reset", click, value),
        ControlCase("fps", up, value),
        ControlCase("fps_reset", click, value),
        ControlCase("interpolated_fps", down, value),
        ControlCase("interpolated_fps_reset", click, value),
        ControlCase("deployment", down, value),
        ControlCase("audio", click, value),
        ControlCase("audio_reset", click, value),
        ControlCase("audio_prompt", typed, value),
        ControlCase("audio_prompt_reset", click, value),
        ControlCase("camera", down, value),
        ControlCase("camera_reset", click, value),
        ControlCase("camera_speed_slider", up, value),
        ControlCase("camera_speed_number", up, value),
        ControlCase("camera_speed_reset", click, value),
        ControlCase("motion_speed", down, value),
        ControlCase("motion_speed_reset", click, value),
        ControlCase("section_advanced", click, is_advanced_hidden),
        ControlCase("guidance_scale", up, value),
        ControlCase("guidance_scale_reset", click, value),
        ControlCase("num_inference_steps", up, value),
        ControlCase("num_inference_steps_reset", click, value),
        ControlCase("auto_duration", click, value),
        ControlCase("auto_duration_reset", click, hidden("auto_duration_reset")),
        ControlCase("enhance_prompt", click, value),
        ControlCase("enhance_prompt_reset", click, hidden("enhance_prompt_reset")),
        ControlCase("two_stage", click, value),
        ControlCase("two_stage_reset", click, hidden("two_stage_reset")),
        ControlCase("seed_number", typed, value),
        ControlCase("seed_same", click, value),
        ControlCase("seed_new", click, value),
        ControlCase("seed_reset", click, value),
        ControlCase("negative_prompt", typed, value),
        ControlCase("negative_prompt_reset", click, value),
        ControlCase("keyframe_add", answer_with(PICKED), value),
        ControlCase("keyframes_reset", click, value),
        ControlCase("source_video", answer_with(PICKED), value),
        ControlCase("source_video_clear", click, value),
        ControlCase("source_video_reset", click, value),
        ControlCase("strength", up, value),
        ControlCase("strength_reset", click, value),
        ControlCase("extend_video", answer_with(PICKED), value),
        ControlCase("extend_video_clear", click, value),
        ControlCase("extend_video_reset", click, value),
        ControlCase("extend_direction", down, value),
        ControlCase("extend_direction_reset", click, hidden("extend_direction_reset")),
        ControlCase("retake_video", answer_with(PICKED), value),
        ControlCase("retake_video_clear", click, value),
        ControlCase("retake_video_reset", click, value),
        ControlCase("retake_from", up, value),
        ControlCase("retake_from_reset", click, hidden("retake_from_reset")),
        ControlCase("retake_to", up, value),
        ControlCase("retake_to_reset", click, hidden("retake_to_reset")),
        ControlCase("retake_part", down, value),
        ControlCase("retake_part_reset", click, hidden("retake_part_reset")),
        ControlCase("reframe_video", answer_with(PICKED), value),
        ControlCase("reframe_video_clear", click, value),
        ControlCase("reframe_video_reset", click, value),
        ControlCase("control_video", answer_with(PICKED), value),
        ControlCase("control_video_clear", click, value),
        ControlCase("control_video_reset", click, value),
        ControlCase("control_map", down, value),
        ControlCase("control_map_reset", click, hidden("control_map_reset")),
        ControlCase("audio_file", answer_with(PICKED), value),
        ControlCase("audio_file_clear", click, value),
        ControlCase("audio_file_reset", click, value),
        ControlCase("lora_add", answer_with(PICKED), value),
        ControlCase("loras_reset", click, value),
        ControlCase("person_generation", down, value),
        ControlCase("person_generation_reset", click, hidden("person_generation_reset")),
        ControlCase("workflow", answer_with(PICKED), value),
        ControlCase("workflow_clear", click, value),
        ControlCase("workflow_reset", click, value),
        ControlCase("memory", down, value),
        ControlCase("memory_reset", click, value),
        ControlCase("text_encoder", down, value),
        ControlCase("text_encoder_reset", click, value),
        ControlCase("webhook_url", typed, value),
        ControlCase("webhook_url_reset", click, value),
        *extra,
    ]


def test_every_control_changes_the_choices(qtbot: QtBot) -> None:
    def make() -> RenderForm:
        panel = open_form(qtbot, FULL_OWN)
        panel.set_scope(SCOPE)
        panel.set_last_seed(99)
        panel.set_loras((OWN_LORA, FOLLOWER))
        return panel

    files = (
        ControlCase("keyframe_time_0", up, value),
        ControlCase("keyframe_strength_0", down, value),
        ControlCase("keyframe_remove_0", click, value),
        ControlCase("lora_scale_0", up, value),
        ControlCase("lora_remove_0", click, value),
        ControlCase("lora_own", down, value),
        ControlCase("control_lora", down, value),
    )
    check_every_control(make, check_cases(files))


def test_a_small_model_hides_what_it_does_not_take_and_its_own_controls_work(
    qtbot: QtBot,
) -> None:
    shown = open_form(qtbot, SMALL_OWN)
    for name in (
        "audio_prompt",
        "auto_duration",
        "enhance_prompt",
        "two_stage",
        "keyframe_add",
        "source_video",
        "extend_video",
        "retake_video",
        "reframe_video",
        "control_video",
        "audio_file",
        "lora_add",
        "workflow",
        "memory",
        "text_encoder",
    ):
        assert not control(shown, name).isVisibleTo(shown), name
    for case in check_cases():
        others = ("audio_prompt", "audio_file")
        if not case.name.startswith(SMALL_ROWS) or case.name.startswith(others):
            continue
        panel = open_form(qtbot, SMALL_OWN)
        panel.set_scope(SCOPE)
        panel.set_last_seed(99)
        case.act(control(panel, case.name))
        assert panel.value() != SMALL_OWN, case.name


MODES = {
    "keyframe_add": Role.KEYFRAME,
    "source_video": Role.SOURCE_VIDEO,
    "extend_video": Role.EXTEND_VIDEO,
    "retake_video": Role.RETAKE_VIDEO,
    "audio_file": Role.AUDIO,
    "lora_add": Role.LORA,
}


@pytest.mark.parametrize("name", MODES)
def test_each_mode_can_be_asked_of_the_model_that_comes_with_the_program(
    qtbot: QtBot, name: str
) -> None:
    mini = BY_ID[LTXModel.LTX_MINI].spec
    target = Target(provider=INFO.id, deployment=INFO.deployment, model=mini.id)
    listed = ListedProvider(INFO, (ListedModel(target, INFO, mini, Ready()),), automatic=mini.id)
    panel = open_form(qtbot, RenderChoices(target=target), ModelListing((listed,)))
    assert is_shown(panel, name)
    assert not panel.value().inputs
    answer_with(PICKED)(control(panel, name))
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert [given.role for given in panel.value().inputs] == [MODES[name]]


@settings(
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(choices=any_choices)
def test_every_legal_value_comes_back_and_nothing_is_told(
    form: RenderForm, choices: RenderChoices
) -> None:
    messages: list[object] = []
    form.changed.connect(messages.append)
    form.set_value(choices)
    form.set_scope(SCOPE)
    form.set_scope(None)
    form.set_last_seed(4)
    assert form.value() == choices
    assert messages == []


def test_the_panel_of_ltx_is_shown_only_for_ltx_and_the_everyday_rows_for_everyone(
    form: RenderForm,
) -> None:
    ltx = form.findChild(LTXControlsWidget)
    assert ltx is not None
    form.set_value(RenderChoices(target=LTX_FULL))
    assert ltx.isVisibleTo(form)
    form.set_value(RenderChoices(target=OTHER.target))
    assert not ltx.isVisibleTo(form)
    child(form, QToolButton, "section_advanced").click()
    for name in ("audio", "camera", "seed_number", "num_inference_steps", "negative_prompt"):
        assert control(form, name).isVisibleTo(form), name


def test_only_registered_deployments_are_offered_and_one_alone_is_told(qtbot: QtBot) -> None:
    panel = open_form(qtbot)
    assert items(panel, "deployment") == ["Local", "Cloud"]
    alone = open_form(qtbot, listing=ModelListing((LOCAL, OTHER)))
    assert not is_shown(alone, "deployment")
    assert "Local" in said(alone)


def test_another_deployment_keeps_the_model_where_it_has_it(qtbot: QtBot) -> None:
    panel = open_form(qtbot, RenderChoices(target=LTX_FULL))
    down(control(panel, "deployment"))
    assert panel.value().target == CLOUD.target.with_model("fake-full")
    panel = open_form(qtbot, RenderChoices(target=LTX_SMALL))
    down(control(panel, "deployment"))
    assert panel.value().target == CLOUD.target


def test_moves_have_names_and_the_speed_is_shown_only_with_a_move(
    form: RenderForm, qtbot: QtBot
) -> None:
    assert items(form, "camera") == ["None", "Pan Left", "Static"]
    assert not control(form, "camera_speed_number").isVisibleTo(form)
    with qtbot.waitSignal(form.changed) as heard:
        down(control(form, "camera"))
    assert heard.args == [ChoicesEdit("camera", "pan_left")]
    speed = control(form, "camera_speed_number")
    assert speed.isVisibleTo(form)
    assert isinstance(speed, QDoubleSpinBox)
    assert (speed.value(), speed.minimum(), speed.maximum()) == (1.0, 0.5, 2.0)


def test_slider_and_number_of_the_speed_go_together(qtbot: QtBot) -> None:
    panel = open_form(qtbot, chosen(target=LTX_FULL, camera="pan_left"))
    QTest.keyClick(control(panel, "camera_speed_slider"), Qt.Key.Key_End)
    number = control(panel, "camera_speed_number")
    assert isinstance(number, QDoubleSpinBox)
    assert (panel.value().motion.speed, number.value()) == (2.0, 2.0)
    QTest.keyClick(control(panel, "camera_speed_slider"), Qt.Key.Key_Left)
    assert panel.value().motion.speed == 1.95


def test_a_move_of_another_model_is_shown_as_such_and_kept(form: RenderForm) -> None:
    form.set_value(chosen(target=LTX_FULL, camera="crane_up"))
    assert items(form, "camera")[-1] == "Crane Up (not with Fake Full)"
    assert form.value().motion.camera == "crane_up"


def test_a_silent_clip_hides_the_audio_prompt_and_keeps_it(qtbot: QtBot) -> None:
    panel = open_form(qtbot, RenderChoices(target=LTX_FULL, audio_prompt="rain"))
    assert is_shown(panel, "audio_prompt")
    click(control(panel, "audio"))
    assert panel.value().audio is False
    assert not is_shown(panel, "audio_prompt")
    assert panel.value().audio_prompt == "rain"


def test_a_model_whose_clips_always_have_sound_offers_no_switch_for_it(qtbot: QtBot) -> None:
    spec = FULL.model_copy(update={"is_audio_fixed": True})
    models = tuple(
        replace(one, spec=spec if one.spec == FULL else one.spec) for one in LOCAL.models
    )
    listing = ModelListing((replace(LOCAL, models=models), OTHER))
    choices = RenderChoices(target=LTX_FULL, audio=False, audio_prompt="rain")
    panel = open_form(qtbot, choices, listing)
    assert not is_shown(panel, "audio")
    assert is_shown(panel, "audio_prompt")


def test_the_same_seed_again_and_a_new_one_each_time(form: RenderForm) -> None:
    same, new = control(form, "seed_same"), control(form, "seed_new")
    assert not same.isEnabled()
    assert "no clip yet" in same.toolTip()
    form.set_last_seed(1234)
    click(same)
    assert form.value().sampling.seed == 1234
    assert not same.isEnabled()
    click(new)
    assert form.value().sampling.seed is None
    assert not new.isEnabled()


def test_only_a_seed_can_be_typed(form: RenderForm) -> None:
    edit = control(form, "seed_number")
    assert isinstance(edit, QLineEdit)
    QTest.keyClicks(edit, f"-x {MAX_SEED}9")
    assert form.value().sampling.seed == MAX_SEED
    edit.selectAll()
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    assert form.value().sampling.seed is None
    QTest.keyClicks(edit, "007")
    assert form.value().sampling.seed == 7


def test_words_are_told_as_they_are_typed_and_the_cursor_stays(qtbot: QtBot) -> None:
    panel = open_form(qtbot, RenderChoices(target=LTX_FULL, negative_prompt="blurry"))
    panel.changed.connect(lambda _: panel.set_value(panel.value()))
    edit = control(panel, "negative_prompt")
    assert isinstance(edit, QPlainTextEdit)
    QTest.keyClicks(edit, "very ")
    assert panel.value().negative_prompt == "very blurry"
    line = control(panel, "webhook_url")
    QTest.keyClicks(line, " https://a.b/ ")
    assert panel.value().delivery.webhook_url == "https://a.b/"


def test_memory_is_chosen_among_what_the_model_offers(form: RenderForm) -> None:
    assert items(form, "memory") == [
        "Automatic",
        "All in GPU memory (quickest)",
        "Streamed block by block",
    ]
    down(control(form, "memory"))
    assert form.value().delivery.memory is Residency.RESIDENT
    form.set_value(chosen(form.value(), memory=Residency.MODEL_OFFLOAD))
    assert items(form, "memory")[-1] == "Parts take turns on the GPU (not with Fake Full)"


def test_in_a_scene_what_differs_is_marked(form: RenderForm, qtbot: QtBot) -> None:
    form.set_value(FULL_OWN)
    form.set_scope(SceneScope("Scene 3", ("camera",), chosen(camera="static")))
    assert "• Camera" in said(form)
    assert "• Seed" not in said(form)
    with qtbot.waitSignal(form.changed) as heard:
        click(control(form, "camera_reset"))
    assert heard.args == [ChoicesEdit("camera", "static", is_own=False)]
    assert form.value().motion.camera == "static"


def test_numbers_beyond_the_model_are_shown_as_they_are(form: RenderForm) -> None:
    form.set_value(chosen(target=LTX_FULL, num_inference_steps=500))
    steps = control(form, "num_inference_steps")
    assert isinstance(steps, QDoubleSpinBox)
    assert steps.value() == 500


def test_every_control_has_a_tooltip_and_a_name(qtbot: QtBot) -> None:
    panel = open_form(qtbot, FULL_OWN)
    for name, widget in controls_of(panel).items():
        assert widget.toolTip(), name
        has_text = bool(getattr(widget, "text", lambda: "")())
        assert widget.accessibleName() or has_text, name
