from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDoubleSpinBox, QWidget

from core.jobs.job import CancelToken
from core.platform.paths import Paths
from core.project.model.project import RenderChoices, Scene
from core.studio import Studio
from core.video.listing import read_listing
from core.video.model_text import listed_text
from core.video.terms import Target
from gui.render.render_form import ChoicesEdit, RenderForm, SceneScope
from tests.fakes.choices import any_choices
from tests.fakes.inputs import chosen
from tests.fakes.model_choices import CLOUD, LOCAL, LTX_FULL, LTX_SMALL, OTHER
from tests.fakes.provider import BIG, ENTRY, FULL, SMALL
from tests.gui.render.render_forms import click, control, down, items, open_form, said, up

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

PROJECT = RenderChoices(target=LTX_FULL)
OWN = chosen(target=LTX_SMALL, resolution="64p", aspect="2:3", duration_s=2, fps=16)
ALL_OWN = SceneScope("Scene 3", ("target", "resolution", "aspect", "duration_s", "fps"), PROJECT)


@pytest.fixture
def panel(qtbot: QtBot) -> RenderForm:
    return open_form(qtbot, RenderChoices())


def current(panel: QWidget, name: str) -> str:
    box = control(panel, name)
    assert isinstance(box, QComboBox)
    return box.currentText()


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(value=any_choices)
def test_every_legal_value_comes_back_and_nothing_is_told(
    panel: RenderForm, value: RenderChoices
) -> None:
    messages: list[object] = []
    panel.changed.connect(messages.append)
    panel.set_value(value)
    assert panel.value() == value
    panel.set_spec(SMALL)
    panel.set_scope(ALL_OWN)
    panel.set_scope(None)
    assert panel.value() == value
    assert messages == []


def test_an_edit_tells_its_field_alone_and_keeps_all_others(
    panel: RenderForm, qtbot: QtBot
) -> None:
    panel.set_value(chosen(target=LTX_SMALL, seed=5, resolution="1080p"))
    with qtbot.waitSignal(panel.changed) as heard:
        down(control(panel, "fps"))
    assert heard.args == [ChoicesEdit("fps", 16)]
    assert panel.value() == chosen(target=LTX_SMALL, seed=5, resolution="1080p", fps=16)


def test_automatic_comes_first_and_names_what_it_stands_for(panel: RenderForm) -> None:
    assert items(panel, "model") == [
        "Automatic: Fake Small",
        "Fake Big · price unknown · 50.0 GB · not installed",
        "Fake Small · free · built in",
        "Fake Full · $0.04 per second, $0.02 per image · built in",
    ]
    panel.set_spec(FULL)
    assert current(panel, "model") == "Automatic: Fake Full"
    assert "50 fps" in items(panel, "fps")


def test_what_the_model_is_and_what_it_lacks_is_told(panel: RenderForm) -> None:
    assert SMALL.summary in said(panel)
    panel.set_value(RenderChoices(target=LOCAL.target.with_model(BIG.id)))
    assert "Fake Big is not installed." in said(panel)


def test_rows_are_filled_by_the_model(panel: RenderForm) -> None:
    panel.set_value(RenderChoices(target=LTX_FULL))
    assert items(panel, "resolution") == ["96x64 (64p)", "192x128 (128p)"]
    assert items(panel, "aspect") == ["Automatic (3:2)", "3:2", "2:3"]
    assert items(panel, "fps") == ["24 fps", "25 fps", "30 fps", "48 fps", "50 fps"]
    assert current(panel, "fps") == "24 fps"
    panel.set_value(chosen(target=LTX_FULL, aspect="2:3"))
    assert items(panel, "resolution") == ["64x96 (64p)", "128p (not at 2:3)"]


def test_what_the_model_does_not_take_is_shown_as_such_and_kept(
    panel: RenderForm,
) -> None:
    value = chosen(target=LTX_SMALL, resolution="1080p", aspect="9:16", fps=24, duration_s=60)
    panel.set_value(value)
    assert current(panel, "resolution") == "1080p (not with Fake Small)"
    assert current(panel, "aspect") == "9:16 (not with Fake Small)"
    assert current(panel, "fps") == "24 fps (not with Fake Small)"
    duration = control(panel, "duration_s")
    assert isinstance(duration, QDoubleSpinBox)
    assert duration.value() == 60
    panel.set_value(value.model_copy(update={"target": LTX_FULL}))
    assert current(panel, "fps") == "24 fps"


def test_another_provider_begins_with_its_first_deployment_and_automatic(
    panel: RenderForm,
) -> None:
    assert items(panel, "provider") == ["LTX-Video", "other"]
    down(control(panel, "provider"))
    assert panel.value().target == OTHER.target


def test_a_second_deployment_shows_its_own_models(panel: RenderForm) -> None:
    panel.set_value(RenderChoices(target=CLOUD.target))
    assert items(panel, "provider") == ["LTX-Video", "other"]
    assert current(panel, "provider") == "LTX-Video"
    assert items(panel, "model")[0] == "Automatic: Fake Full"
    assert items(panel, "model")[1:] == ["Fake Full · $0.04 per second, $0.02 per image · built in"]


def test_before_the_offers_arrive_nothing_is_claimed(qtbot: QtBot) -> None:
    panel = RenderForm()
    qtbot.addWidget(panel)
    assert "Looking at what there is" in said(panel)
    assert control(panel, "fps").isHidden()
    assert panel.value() == RenderChoices()


def test_a_target_that_is_not_there_is_told_and_kept(panel: RenderForm) -> None:
    gone = Target(provider="gone", deployment="nowhere", model="lost")
    panel.set_value(RenderChoices(target=gone))
    assert "There is no such model here" in said(panel)
    assert current(panel, "provider") == "gone (not known)"
    assert current(panel, "model") == "lost (not known)"
    assert panel.value().target == gone


def test_in_a_scene_what_differs_is_marked_and_can_follow_the_project_again(
    panel: RenderForm, qtbot: QtBot
) -> None:
    panel.set_value(chosen(target=LTX_FULL, fps=50))
    panel.set_scope(SceneScope("Scene 3", ("fps",), PROJECT))
    assert "Scene 3 alone" in said(panel)
    assert "• Frame rate" in said(panel)
    assert "• Resolution" not in said(panel)
    down(control(panel, "resolution"))
    assert "• Resolution" in said(panel)
    with qtbot.waitSignal(panel.changed) as heard:
        click(control(panel, "fps_reset"))
    assert heard.args == [ChoicesEdit("fps", None, is_own=False)]
    assert panel.value().frame.fps is None
    assert "• Frame rate" not in said(panel)
    panel.set_scope(None)
    assert "Scene 3" not in said(panel)


def test_a_scene_can_choose_for_itself_what_the_project_has_too(
    panel: RenderForm,
) -> None:
    messages: list[object] = []
    panel.changed.connect(messages.append)
    panel.set_value(chosen(target=LTX_FULL, fps=25))
    panel.set_scope(SceneScope("Scene 3", (), chosen(target=LTX_FULL, fps=25)))
    box = control(panel, "fps")
    assert isinstance(box, QComboBox)
    box.activated.emit(box.currentIndex())
    assert messages == [ChoicesEdit("fps", 25)]
    box.activated.emit(box.currentIndex())
    assert len(messages) == 1


def test_in_the_project_the_way_back_is_the_models_own_value(
    panel: RenderForm,
) -> None:
    panel.set_value(RenderChoices(target=LTX_FULL))
    assert control(panel, "duration_s_reset").isHidden()
    up(control(panel, "duration_s"))
    assert panel.value().frame.duration_s == 1.5
    click(control(panel, "duration_s_reset"))
    assert panel.value().frame.duration_s is None


def test_edits_reach_project_and_scene() -> None:
    edit = ChoicesEdit("fps", 25)
    assert edit.on_project(RenderChoices()).frame.fps == 25
    scene = edit.on_scene(Scene(id="a"))
    assert scene.choices(chosen(fps=8)).frame.fps == 25
    back = ChoicesEdit("fps", None, is_own=False).on_scene(scene)
    assert back.choices(chosen(fps=8)).frame.fps == 8


def test_a_half_typed_duration_is_no_choice(panel: RenderForm) -> None:
    panel.set_value(RenderChoices(target=LTX_FULL))
    box = control(panel, "duration_s")
    assert isinstance(box, QDoubleSpinBox)
    box.selectAll()
    QTest.keyClicks(box, "7.5")
    assert panel.value().frame.duration_s is None
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert panel.value().frame.duration_s == 7.5


def test_the_wheel_changes_nothing_that_nobody_has_entered(panel: RenderForm) -> None:
    before = panel.value()
    for name in ("model", "fps", "duration_s"):
        box = control(panel, name)
        event = QWheelEvent(
            QPointF(5, 5),
            QPointF(5, 5),
            QPoint(0, 0),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(box, event)
    assert panel.value() == before


def test_offers_are_read_from_the_registry(tmp_path: Path) -> None:
    studio = Studio([ENTRY], paths=Paths.below(tmp_path))
    listing = read_listing(studio.registry, CancelToken())
    (offer,) = listing.providers
    assert [model.spec.id for model in offer.models] == [BIG.id, SMALL.id, FULL.id]
    assert offer.automatic == SMALL.id
    assert (offer.name, offer.place) == ("fake", "local")
    small = listing.model(offer.target)
    assert small is not None
    assert small.spec == SMALL
    assert listed_text(small) == "Fake Small · free · built in"
    assert listing.model(Target(provider="gone", deployment="x")) is None
