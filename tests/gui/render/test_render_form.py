from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QToolButton,
    QWidget,
)

from core.project.model.project import RenderChoices
from core.video.controls import CHOICES, MAX_SEED
from core.video.listing import ListedModel, ListedProvider, ModelListing
from core.video.provider import Ready
from core.video.request import Input, Role, Target
from core.video.spec import Residency
from gui.render.keyframe_list import KeyframeList
from gui.render.lora_list import LoraList, OfferedLora
from gui.render.ltx_controls_widget import LTXControlsWidget
from gui.render.render_form import ChoicesEdit, RenderForm, SceneScope
from gui.widgets.choice_field import ChoiceField
from providers.ltx_video.models.catalog import BY_ID
from providers.ltx_video.models.info import INFO, LTXModel
from tests.fakes.choices import any_choices
from tests.fakes.inputs import chosen, lora
from tests.fakes.model_choices import CLOUD, LOCAL, LTX_FULL, LTX_SMALL, MODEL_CHOICES, OTHER
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.operating import answer_with, choose_index

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot


ONE, TWO, THREE = (lora(path=Path(f"/loras/{name}.safetensors")) for name in "abc")
PICKED = Path(__file__)
ENABLED = Qt.ItemFlag.ItemIsEnabled
OWN_LORA = OfferedLora("wash", Path("/loras/wash.safetensors"), ("wash style",), "Best at 0.7.")
MISFIT = OfferedLora("wide", Path("/loras/wide.safetensors"), why_not="It is too wide.")
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
    audio=True,
    audio_prompt="rain",
    keyframes=(Input(role=Role.KEYFRAME, path=Path("/k.png"), at_s=0.5),),
    source_video=Input(role=Role.SOURCE_VIDEO, path=Path("/v.mp4")),
    strength=0.5,
    extend_video=Input(role=Role.EXTEND_VIDEO, path=Path("/e.mp4")),
    retake_video=Input(role=Role.RETAKE_VIDEO, path=Path("/r.mp4")),
    control_video=Input(role=Role.CONTROL, path=Path("/c.mp4")),
    audio_file=Input(role=Role.AUDIO, path=Path("/a.wav")),
    loras=(ONE,),
    memory=Residency.RESIDENT,
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
    "keyframes",
    "source_video",
    "strength",
    "extend_video",
    "extend_direction",
    "retake_video",
    "retake_from",
    "retake_to",
    "retake_part",
    "control_video",
    "control_map",
    "audio_file",
    "loras",
    "memory",
    "webhook_url",
)


@pytest.fixture
def panel(qtbot: QtBot) -> RenderForm:
    return made(qtbot)


def made(
    qtbot: QtBot, value: RenderChoices | None = None, listing: ModelListing = MODEL_CHOICES
) -> RenderForm:
    panel = RenderForm()
    qtbot.addWidget(panel)
    panel.set_listing(listing)
    panel.set_value(value or RenderChoices(target=LTX_FULL))
    return panel


def down(box: QWidget) -> None:
    QTest.keyClick(box, Qt.Key.Key_Down)


def up(box: QWidget) -> None:
    QTest.keyClick(box, Qt.Key.Key_Up)


def typed(edit: QWidget) -> None:
    QTest.keyClicks(edit, "7")


def click(button: QWidget) -> None:
    # On a check box only its left end answers to the mouse.
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(8, button.height() // 2))


def control(panel: QWidget, name: str) -> QWidget:
    return controls_of(panel)[name]


def is_shown(panel: RenderForm, name: str) -> bool:
    return not control(panel, name).isHidden()


def items(panel: QWidget, name: str) -> list[str]:
    box = control(panel, name)
    assert isinstance(box, QComboBox)
    return [box.itemText(index) for index in range(box.count())]


def said(panel: QWidget) -> str:
    labels = panel.findChildren(QLabel)
    return " ".join(label.text() for label in labels if not label.isHidden())


def value(panel: RenderForm) -> RenderChoices:
    return panel.value()


def is_advanced_hidden(panel: RenderForm) -> bool:
    return not control(panel, "memory").isVisibleTo(panel)


def other(box: QWidget) -> None:
    assert isinstance(box, QComboBox)
    choose_index(1 - box.currentIndex())(box)


def add_picked(panel: RenderForm) -> None:
    answer_with(PICKED)(control(panel, "lora_add"))
    # The dialog, which was answered.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


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
        ControlCase("memory", down, value),
        ControlCase("memory_reset", click, value),
        ControlCase("webhook_url", typed, value),
        ControlCase("webhook_url_reset", click, value),
        *extra,
    ]


def test_every_control_changes_the_choices(qtbot: QtBot) -> None:
    def make() -> RenderForm:
        panel = made(qtbot, FULL_OWN)
        panel.set_scope(SCOPE)
        panel.set_last_seed(99)
        panel.set_loras((OWN_LORA,))
        return panel

    files = (
        ControlCase("keyframe_time_0", up, value),
        ControlCase("keyframe_strength_0", down, value),
        ControlCase("keyframe_remove_0", click, value),
        ControlCase("lora_scale_0", up, value),
        ControlCase("lora_remove_0", click, value),
        ControlCase("lora_own", down, value),
    )
    check_every_control(make, check_cases(files))


def test_a_small_model_hides_what_it_does_not_take_and_its_own_controls_work(
    qtbot: QtBot,
) -> None:
    shown = made(qtbot, SMALL_OWN)
    for name in (
        "audio_prompt",
        "auto_duration",
        "enhance_prompt",
        "two_stage",
        "keyframe_add",
        "source_video",
        "extend_video",
        "retake_video",
        "control_video",
        "audio_file",
        "lora_add",
        "memory",
    ):
        assert not control(shown, name).isVisibleTo(shown), name
    for case in check_cases():
        others = ("audio_prompt", "audio_file")
        if not case.name.startswith(SMALL_ROWS) or case.name.startswith(others):
            continue
        panel = made(qtbot, SMALL_OWN)
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
    panel = made(qtbot, RenderChoices(target=target), ModelListing((listed,)))
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
    panel: RenderForm, choices: RenderChoices
) -> None:
    messages: list[object] = []
    panel.changed.connect(messages.append)
    panel.set_value(choices)
    panel.set_scope(SCOPE)
    panel.set_scope(None)
    panel.set_last_seed(4)
    assert panel.value() == choices
    assert messages == []


def test_the_panel_of_ltx_is_shown_only_for_ltx_and_the_everyday_rows_for_everyone(
    panel: RenderForm,
) -> None:
    ltx = panel.findChild(LTXControlsWidget)
    assert ltx is not None
    panel.set_value(RenderChoices(target=LTX_FULL))
    assert ltx.isVisibleTo(panel)
    panel.set_value(RenderChoices(target=OTHER.target))
    assert not ltx.isVisibleTo(panel)
    child(panel, QToolButton, "section_advanced").click()
    for name in ("audio", "camera", "seed_number", "num_inference_steps", "negative_prompt"):
        assert control(panel, name).isVisibleTo(panel), name


def test_only_registered_deployments_are_offered_and_one_alone_is_told(qtbot: QtBot) -> None:
    panel = made(qtbot)
    assert items(panel, "deployment") == ["Local", "Cloud"]
    alone = made(qtbot, listing=ModelListing((LOCAL, OTHER)))
    assert not is_shown(alone, "deployment")
    assert "Local" in said(alone)


def test_another_deployment_keeps_the_model_where_it_has_it(qtbot: QtBot) -> None:
    panel = made(qtbot, RenderChoices(target=LTX_FULL))
    down(control(panel, "deployment"))
    assert panel.value().target == CLOUD.target.with_model("fake-full")
    panel = made(qtbot, RenderChoices(target=LTX_SMALL))
    down(control(panel, "deployment"))
    assert panel.value().target == CLOUD.target


def test_moves_have_names_and_the_speed_is_shown_only_with_a_move(
    panel: RenderForm, qtbot: QtBot
) -> None:
    assert items(panel, "camera") == ["None", "Pan Left", "Static"]
    assert not control(panel, "camera_speed_number").isVisibleTo(panel)
    with qtbot.waitSignal(panel.changed) as heard:
        down(control(panel, "camera"))
    assert heard.args == [ChoicesEdit("camera", "pan_left")]
    speed = control(panel, "camera_speed_number")
    assert speed.isVisibleTo(panel)
    assert isinstance(speed, QDoubleSpinBox)
    assert (speed.value(), speed.minimum(), speed.maximum()) == (1.0, 0.5, 2.0)


def test_slider_and_number_of_the_speed_go_together(qtbot: QtBot) -> None:
    panel = made(qtbot, chosen(target=LTX_FULL, camera="pan_left"))
    QTest.keyClick(control(panel, "camera_speed_slider"), Qt.Key.Key_End)
    number = control(panel, "camera_speed_number")
    assert isinstance(number, QDoubleSpinBox)
    assert (panel.value().motion.speed, number.value()) == (2.0, 2.0)
    QTest.keyClick(control(panel, "camera_speed_slider"), Qt.Key.Key_Left)
    assert panel.value().motion.speed == 1.95


def test_a_move_of_another_model_is_shown_as_such_and_kept(panel: RenderForm) -> None:
    panel.set_value(chosen(target=LTX_FULL, camera="crane_up"))
    assert items(panel, "camera")[-1] == "Crane Up (not with Fake Full)"
    assert panel.value().motion.camera == "crane_up"


def test_a_silent_clip_hides_the_audio_prompt_and_keeps_it(qtbot: QtBot) -> None:
    panel = made(qtbot, RenderChoices(target=LTX_FULL, audio_prompt="rain"))
    assert is_shown(panel, "audio_prompt")
    click(control(panel, "audio"))
    assert panel.value().audio is False
    assert not is_shown(panel, "audio_prompt")
    assert panel.value().audio_prompt == "rain"


def test_the_same_seed_again_and_a_new_one_each_time(panel: RenderForm) -> None:
    same, new = control(panel, "seed_same"), control(panel, "seed_new")
    assert not same.isEnabled()
    assert "no clip yet" in same.toolTip()
    panel.set_last_seed(1234)
    click(same)
    assert panel.value().sampling.seed == 1234
    assert not same.isEnabled()
    click(new)
    assert panel.value().sampling.seed is None
    assert not new.isEnabled()


def test_only_a_seed_can_be_typed(panel: RenderForm) -> None:
    edit = control(panel, "seed_number")
    assert isinstance(edit, QLineEdit)
    QTest.keyClicks(edit, f"-x {MAX_SEED}9")
    assert panel.value().sampling.seed == MAX_SEED
    edit.selectAll()
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    assert panel.value().sampling.seed is None
    QTest.keyClicks(edit, "007")
    assert panel.value().sampling.seed == 7


def test_several_loras_each_with_its_scale_as_many_as_the_model_takes(
    panel: RenderForm,
) -> None:
    panel.set_value(chosen(target=LTX_FULL, loras=(ONE,)))
    add_picked(panel)
    picked = lora(path=PICKED)
    assert panel.value().inputs == (ONE, picked)
    assert not control(panel, "lora_add").isEnabled()
    assert "no more than 2" in control(panel, "lora_add").toolTip()
    scale = control(panel, "lora_scale_1")
    assert isinstance(scale, QDoubleSpinBox)
    assert (scale.minimum(), scale.maximum()) == (0, 2)
    down(scale)
    assert panel.value().inputs == (ONE, lora(path=PICKED, scale=0.95))
    click(control(panel, "lora_remove_0"))
    assert panel.value().inputs == (lora(path=PICKED, scale=0.95),)


def test_keyframes_come_a_second_apart_each_with_its_time_and_strength(panel: RenderForm) -> None:
    for _ in range(2):
        answer_with(PICKED)(control(panel, "keyframe_add"))
        # The dialog, which was answered.
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    first, second = panel.value().of_role(Role.KEYFRAME)
    assert (first.at_s, second.at_s, second.strength) == (1.0, 2.0, 1.0)
    down(control(panel, "keyframe_strength_1"))
    up(control(panel, "keyframe_time_0"))
    first, second = panel.value().of_role(Role.KEYFRAME)
    assert (first.at_s, second.strength) == (1.1, 0.95)
    click(control(panel, "keyframe_remove_0"))
    assert panel.value().of_role(Role.KEYFRAME) == (second,)


def test_pictures_can_be_dropped_as_keyframes_and_other_files_not(qtbot: QtBot) -> None:
    keyframes = KeyframeList()
    qtbot.addWidget(keyframes)
    keyframes.show_inputs((), 1)
    action, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    for name, is_taken in (("/notes.txt", False), ("/a.png", True), ("/b.png", False)):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(name)])
        entering = QDragEnterEvent(QPoint(5, 5), action, data, left, none)
        entering.ignore()
        keyframes.dragEnterEvent(entering)
        assert entering.isAccepted() is is_taken
        if is_taken:
            keyframes.dropEvent(QDropEvent(QPointF(5, 5), action, data, left, none))
    assert not control(keyframes, "keyframe_add").isEnabled()


def test_the_same_lora_is_not_added_twice(panel: RenderForm) -> None:
    panel.set_value(chosen(target=LTX_FULL, loras=(lora(path=PICKED),)))
    add_picked(panel)
    assert len(panel.value().inputs) == 1


def test_too_many_loras_are_kept_and_told(panel: RenderForm) -> None:
    panel.set_value(chosen(target=LTX_FULL, loras=(ONE, TWO, THREE)))
    assert "at most 2: remove 1" in said(panel)
    assert panel.value().inputs == (ONE, TWO, THREE)


def test_ones_own_loras_are_offered_by_name_with_their_trigger_words(panel: RenderForm) -> None:
    own_loras = control(panel, "lora_own")
    assert isinstance(own_loras, ChoiceField)
    assert own_loras.isHidden()
    panel.set_loras((OWN_LORA, MISFIT))
    assert not own_loras.isHidden()
    assert [own_loras.itemText(at) for at in range(own_loras.count())][1:] == ["wash", "wide"]
    model = own_loras.model()
    assert [bool(model.flags(model.index(at, 0)) & ENABLED) for at in (1, 2)] == [True, False]
    assert own_loras.itemData(2, Qt.ItemDataRole.ToolTipRole) == MISFIT.why_not
    choose_index(1)(own_loras)
    assert panel.value().inputs == (lora(path=OWN_LORA.path),)
    assert own_loras.value() is None
    assert "Say in the prompt: wash style. Best at 0.7." in said(panel)


def test_a_chosen_lora_that_does_not_fit_says_why(panel: RenderForm) -> None:
    panel.set_value(chosen(target=LTX_FULL, loras=(lora(path=MISFIT.path),)))
    panel.set_loras((MISFIT,))
    assert MISFIT.why_not in said(panel)


def test_lora_files_can_be_dropped_and_others_not(qtbot: QtBot) -> None:
    loras = LoraList()
    qtbot.addWidget(loras)
    loras.show_inputs((), 2)
    messages: list[object] = []
    loras.edited.connect(messages.append)

    def drop(*names: str) -> bool:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(name) for name in names])
        action, left, none = (
            Qt.DropAction.CopyAction,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        entering = QDragEnterEvent(QPoint(5, 5), action, data, left, none)
        loras.dragEnterEvent(entering)
        if entering.isAccepted():
            loras.dropEvent(QDropEvent(QPointF(5, 5), action, data, left, none))
        return entering.isAccepted()

    assert drop("/loras/a.safetensors", "/notes.txt")
    assert messages == [(ONE,)]
    assert not drop("/notes.txt")
    loras.show_inputs((ONE, TWO), 2)
    assert not drop("/loras/c.safetensors")


def test_words_are_told_as_they_are_typed_and_the_cursor_stays(qtbot: QtBot) -> None:
    panel = made(qtbot, RenderChoices(target=LTX_FULL, negative_prompt="blurry"))
    panel.changed.connect(lambda _: panel.set_value(panel.value()))
    edit = control(panel, "negative_prompt")
    assert isinstance(edit, QPlainTextEdit)
    QTest.keyClicks(edit, "very ")
    assert panel.value().negative_prompt == "very blurry"
    line = control(panel, "webhook_url")
    QTest.keyClicks(line, " https://a.b/ ")
    assert panel.value().delivery.webhook_url == "https://a.b/"


def test_memory_is_chosen_among_what_the_model_offers(panel: RenderForm) -> None:
    assert items(panel, "memory") == [
        "Automatic",
        "All in GPU memory (quickest)",
        "Streamed block by block",
    ]
    down(control(panel, "memory"))
    assert panel.value().delivery.memory is Residency.RESIDENT
    panel.set_value(chosen(panel.value(), memory=Residency.MODEL_OFFLOAD))
    assert items(panel, "memory")[-1] == "Parts take turns on the GPU (not with Fake Full)"


def test_in_a_scene_what_differs_is_marked(panel: RenderForm, qtbot: QtBot) -> None:
    panel.set_value(FULL_OWN)
    panel.set_scope(SceneScope("Scene 3", ("camera",), chosen(camera="static")))
    assert "• Camera" in said(panel)
    assert "• Seed" not in said(panel)
    with qtbot.waitSignal(panel.changed) as heard:
        click(control(panel, "camera_reset"))
    assert heard.args == [ChoicesEdit("camera", "static", is_own=False)]
    assert panel.value().motion.camera == "static"


def test_numbers_beyond_the_model_are_shown_as_they_are(panel: RenderForm) -> None:
    panel.set_value(chosen(target=LTX_FULL, num_inference_steps=500))
    steps = control(panel, "num_inference_steps")
    assert isinstance(steps, QDoubleSpinBox)
    assert steps.value() == 500


def test_every_control_has_a_tooltip_and_a_name(qtbot: QtBot) -> None:
    panel = made(qtbot, FULL_OWN)
    for name, widget in controls_of(panel).items():
        assert widget.toolTip(), name
        has_text = bool(getattr(widget, "text", lambda: "")())
        assert widget.accessibleName() or has_text, name
