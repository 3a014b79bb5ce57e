"""The lists of files in the form: keyframes and LoRAs, added, dropped, set and removed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication, QDoubleSpinBox

from core.video.request import Input
from core.video.terms import Role
from gui.render.keyframe_list import KeyframeList
from gui.render.lora_list import LoraList, OfferedLora, offered_loras
from gui.widgets.choice_field import ChoiceField
from providers.ltx_video.models.catalog import BY_ID
from providers.ltx_video.models.control_video import FOR_SHEETS
from providers.ltx_video.models.info import INFO, LTXModel
from providers.ltx_video.models.lora_families import LORA_FAMILIES
from tests.fakes.inputs import chosen, lora
from tests.fakes.loras import as_comfy, random_pairs, write_lora
from tests.fakes.model_choices import LTX_FULL
from tests.gui.dropping import drop, files
from tests.gui.operating import answer_with, choose_index
from tests.gui.render.render_forms import (
    FOLLOWER,
    ONE,
    OWN_LORA,
    PICKED,
    THREE,
    TWO,
    click,
    control,
    down,
    items,
    open_form,
    said,
    up,
)

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from gui.render.render_form import RenderForm

ENABLED = Qt.ItemFlag.ItemIsEnabled
MISFIT = OfferedLora("wide", Path("/loras/wide.safetensors"), why_not="It is too wide.")
SHEET = OfferedLora("sheet", Path("/loras/sheet.safetensors"), why_not="With images.", follows=True)


def add_picked(panel: RenderForm) -> None:
    answer_with(PICKED)(control(panel, "lora_add"))
    # The dialog, which was answered.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_several_loras_each_with_its_scale_as_many_as_the_model_takes(
    form: RenderForm,
) -> None:
    form.set_value(chosen(target=LTX_FULL, loras=(ONE,)))
    add_picked(form)
    picked = lora(path=PICKED)
    assert form.value().inputs == (ONE, picked)
    assert not control(form, "lora_add").isEnabled()
    assert "no more than 2" in control(form, "lora_add").toolTip()
    scale = control(form, "lora_scale_1")
    assert isinstance(scale, QDoubleSpinBox)
    assert (scale.minimum(), scale.maximum()) == (0, 2)
    down(scale)
    assert form.value().inputs == (ONE, lora(path=PICKED, scale=0.95))
    click(control(form, "lora_remove_0"))
    assert form.value().inputs == (lora(path=PICKED, scale=0.95),)


def test_keyframes_come_a_second_apart_each_with_its_time_and_strength(form: RenderForm) -> None:
    for _ in range(2):
        answer_with(PICKED)(control(form, "keyframe_add"))
        # The dialog, which was answered.
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    first, second = form.value().of_role(Role.KEYFRAME)
    assert (first.at_s, second.at_s, second.strength) == (1.0, 2.0, 1.0)
    down(control(form, "keyframe_strength_1"))
    up(control(form, "keyframe_time_0"))
    first, second = form.value().of_role(Role.KEYFRAME)
    assert (first.at_s, second.strength) == (1.1, 0.95)
    click(control(form, "keyframe_remove_0"))
    assert form.value().of_role(Role.KEYFRAME) == (second,)


def test_pictures_can_be_dropped_as_keyframes_and_other_files_not(qtbot: QtBot) -> None:
    keyframes = KeyframeList()
    qtbot.addWidget(keyframes)
    keyframes.show_inputs((), 1)
    for name, is_taken in (("/notes.txt", False), ("/a.png", True), ("/b.png", False)):
        assert drop(keyframes, files(Path(name)), QPoint(5, 5)) is is_taken
    assert not control(keyframes, "keyframe_add").isEnabled()


def test_the_same_lora_is_not_added_twice(form: RenderForm) -> None:
    form.set_value(chosen(target=LTX_FULL, loras=(lora(path=PICKED),)))
    add_picked(form)
    assert len(form.value().inputs) == 1


def test_too_many_loras_are_kept_and_told(form: RenderForm) -> None:
    form.set_value(chosen(target=LTX_FULL, loras=(ONE, TWO, THREE)))
    assert "at most 2: remove 1" in said(form)
    assert form.value().inputs == (ONE, TWO, THREE)


def test_ones_own_loras_are_offered_by_name_with_their_trigger_words(form: RenderForm) -> None:
    own_loras = control(form, "lora_own")
    assert isinstance(own_loras, ChoiceField)
    assert own_loras.isHidden()
    form.set_loras((OWN_LORA, MISFIT))
    assert not own_loras.isHidden()
    assert [own_loras.itemText(at) for at in range(own_loras.count())][1:] == ["wash", "wide"]
    model = own_loras.model()
    assert [bool(model.flags(model.index(at, 0)) & ENABLED) for at in (1, 2)] == [True, False]
    assert own_loras.itemData(2, Qt.ItemDataRole.ToolTipRole) == MISFIT.why_not
    choose_index(1)(own_loras)
    assert form.value().inputs == (lora(path=OWN_LORA.path),)
    assert own_loras.value() is None
    assert "Say in the prompt: wash style. Best at 0.7." in said(form)


def test_an_ic_lora_is_offered_with_the_control_video_and_not_among_the_others(
    qtbot: QtBot,
) -> None:
    video = Input(role=Role.CONTROL, path=Path("/c.mp4"))
    form = open_form(qtbot, chosen(target=LTX_FULL, loras=(ONE,)))
    form.set_loras((OWN_LORA, FOLLOWER, SHEET))
    assert items(form, "lora_own")[1:] == ["wash"]
    # Without anything to follow there is nothing to choose.
    assert control(form, "control_lora").isHidden()
    form.set_value(chosen(target=LTX_FULL, loras=(ONE,), control_video=video))
    follows = control(form, "control_lora")
    assert isinstance(follows, ChoiceField)
    assert not follows.isHidden()
    assert items(form, "control_lora") == [
        "IC-LoRA: the makers'",
        "IC-LoRA: edges",
        "IC-LoRA: sheet",
    ]
    model = follows.model()
    assert [bool(model.flags(model.index(at, 0)) & ENABLED) for at in (1, 2)] == [True, False]
    choose_index(1)(follows)
    assert form.value().of_role(Role.LORA) == (ONE, lora(path=FOLLOWER.path))
    assert follows.value() == FOLLOWER.path
    assert "follows a control video or reference images" in said(form)
    choose_index(0)(follows)
    assert form.value().of_role(Role.LORA) == (ONE,)
    assert form.value().path_of(Role.CONTROL) == video.path


def test_what_follows_a_video_and_what_follows_images_is_told_by_the_files(tmp_path: Path) -> None:
    spec = BY_ID[LTXModel.LTX_2_3].spec
    like = next(one for one in LORA_FAMILIES if one.id == spec.lora_family)
    pairs = random_pairs(
        like, rank=1, takes=lambda layer: "audio_attn1.to_gate_logits" in layer.name
    )[:1]
    for name, notes in {
        "wash": {},
        "mine": {"reference_downscale_factor": "2"},
        FOR_SHEETS["ltx-2.3"]: {},
    }.items():
        write_lora(
            tmp_path / f"{name}.safetensors", as_comfy(pairs), {"model_version": "2.3", **notes}
        )
    offered = {offer.name: offer for offer in offered_loras([tmp_path], INFO, spec)}
    assert {name: offer.follows for name, offer in offered.items()} == {
        "wash": False,
        "mine": True,
        FOR_SHEETS["ltx-2.3"]: True,
    }
    assert (offered["wash"].why_not, offered["mine"].why_not) == ("", "")
    assert "reference images" in offered[FOR_SHEETS["ltx-2.3"]].why_not


def test_a_chosen_lora_that_does_not_fit_says_why(form: RenderForm) -> None:
    form.set_value(chosen(target=LTX_FULL, loras=(lora(path=MISFIT.path),)))
    form.set_loras((MISFIT,))
    assert MISFIT.why_not in said(form)


def test_lora_files_can_be_dropped_and_others_not(qtbot: QtBot) -> None:
    loras = LoraList()
    qtbot.addWidget(loras)
    loras.show_inputs((), 2)
    messages: list[object] = []
    loras.edited.connect(messages.append)

    def taken(*names: str) -> bool:
        return drop(loras, files(*(Path(name) for name in names)), QPoint(5, 5))

    assert taken("/loras/a.safetensors", "/notes.txt")
    assert messages == [(ONE,)]
    assert not taken("/notes.txt")
    loras.show_inputs((ONE, TWO), 2)
    assert not taken("/loras/c.safetensors")
