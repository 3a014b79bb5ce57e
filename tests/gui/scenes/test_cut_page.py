"""How scenes are cut: of one or of several, each edit one step of undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.film.model.film import Fit, Transition
from core.project.model.project import Scene, SceneCut, Track
from gui.scenes.cut_page import CutPage
from tests.fakes.scenes import make_take
from tests.gui.controls import ControlCase, controls_of
from tests.gui.operating import choose, step_up, tick, write
from tests.gui.scenes.inspectors import (
    CUT,
    HELD,
    TRACK,
    check_page,
    inspector,
    model_of,
    scenes_of,
    second,
    three,
    turn_to,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from gui.project.project_model import ProjectModel
    from gui.widgets.thumbnails import Thumbnails

TRACKS = (Track(number=1, label="Track 1, eng"), Track(number=3, label="Track 3, ger"))
WITH_TRACKS = make_take("t").model_copy(update={"video_tracks": TRACKS, "audio_tracks": TRACKS})
STILL = make_take("t").model_copy(update={"is_still": True, "num_frames": 1, "fps": 0.0})
CUT_OF_ALL = [ControlCase(case.name, case.act, scenes_of) for case in CUT]


def test_each_cut_of_several_scenes(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    check_page(lambda: inspector(qtbot, thumbnails, ("s1", "s2", "s3")), "Cut", CUT_OF_ALL)


@pytest.mark.parametrize("ids", [("s2",), ("s1", "s2", "s3")])
def test_the_tracks_of_a_file_are_chosen(
    ids: tuple[str, ...], qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    cases = (*(CUT if len(ids) == 1 else CUT_OF_ALL), *TRACK)
    check_page(lambda: inspector(qtbot, thumbnails, ids, take=WITH_TRACKS), "Cut", cases)
    panel = inspector(qtbot, thumbnails, ids, take=WITH_TRACKS)
    turn_to(panel, "Cut")
    choose("Track 3, ger")(controls_of(panel)["cut_audio_track"])
    model: ProjectModel = panel.property("model")
    cuts = [scene.cut.audio_track for scene in model.project.scenes if scene.id in ids]
    assert cuts == [3] * len(ids)
    model.undo_stack.undo()
    assert scenes_of(panel) == three()


def test_a_still_is_held_and_not_trimmed(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    trims = ("cut_start", "cut_end", "cut_speed")
    cases = tuple(case for case in CUT if case.name not in trims)
    check_page(lambda: inspector(qtbot, thumbnails, ("s2",), take=STILL), "Cut", (*cases, *HELD))
    panel = inspector(qtbot, thumbnails, ("s2",), take=STILL)
    turn_to(panel, "Cut")
    controls = controls_of(panel)
    assert not any(controls[name].isVisible() for name in trims)
    write("7.5")(controls["cut_still"])
    assert second(panel).cut.still_s == 7.5
    model: ProjectModel = panel.property("model")
    model.undo_stack.undo()
    assert second(panel).cut.still_s is None


def cut_values(panel: QWidget, name: str) -> set[object]:
    return {getattr(scene.cut, name) for scene in scenes_of(panel)}


@pytest.mark.parametrize(
    ("control", "act", "name", "value"),
    [
        ("cut_speed", step_up, "speed", 1.0),
        ("cut_speed", write("3"), "speed", 3.0),
        ("cut_end", step_up, "end_s", None),
        ("cut_end", write("0.8"), "end_s", 0.8),
        ("cut_mute", tick, "is_muted", True),
        ("cut_fit", choose("As the film"), "fit", None),
        ("cut_fit", choose("Stretch"), "fit", Fit.STRETCH),
    ],
)
def test_what_differs_can_be_made_the_same(
    qtbot: QtBot,
    thumbnails: Thumbnails,
    control: str,
    act: Callable[[QWidget], None],
    name: str,
    value: object,
) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
    turn_to(panel, "Cut")
    assert len(cut_values(panel, name)) > 1

    act(controls_of(panel)[control])

    assert cut_values(panel, name) == {value}
    panel.property("model").undo_stack.undo()
    assert scenes_of(panel) == three()


def test_what_differs_is_shown_as_several(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
    turn_to(panel, "Cut")
    controls = controls_of(panel)
    assert controls["cut_speed"].text() == controls["cut_end"].text() == "(several)"
    assert controls["cut_fit"].currentIndex() == controls["cut_transition"].currentIndex() == -1
    assert controls["cut_mute"].checkState() == Qt.CheckState.PartiallyChecked
    assert controls["cut_volume"].text() == "0.0 dB"
    assert controls["bulk_continues"].checkState() == Qt.CheckState.PartiallyChecked

    panel.show_scenes(("s3",))

    assert controls["cut_speed"].text() == "2.00×"
    assert controls["cut_fit"].currentText() == "Fit, over a blur"
    assert controls["cut_mute"].checkState() == Qt.CheckState.Checked


def test_leaving_a_field_of_several_values_changes_none(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
    turn_to(panel, "Cut")
    for name in ("cut_start", "cut_end", "cut_speed"):
        field = controls_of(panel)[name]
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_Return)
        QTest.keyClick(field, Qt.Key.Key_Tab)
    assert scenes_of(panel) == three()


def test_a_length_of_transitions_leaves_their_kinds(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
    turn_to(panel, "Cut")
    write("1.5")(controls_of(panel)["cut_overlap"])
    assert [scene.cut.transition for scene in scenes_of(panel)] == [
        None,
        Transition(kind="fade", duration_s=1.5),
        Transition(kind="wipe-left", duration_s=1.5),
    ]


cuts = st.builds(
    SceneCut,
    start_s=st.floats(0, 10_000),
    end_s=st.none() | st.floats(1e-6, 10_000),
    speed=st.floats(0.1, 10),
    volume_db=st.floats(-60, 24),
    is_muted=st.booleans(),
    transition=st.none()
    | st.builds(
        Transition,
        kind=st.sampled_from(["none", "fade", "of another version"]),
        duration_s=st.floats(0, 100),
    ),
    fit=st.none() | st.sampled_from(Fit),
)


@settings(max_examples=60, deadline=None)
@given(shown=st.lists(cuts, min_size=1, max_size=3))
def test_showing_any_cut_changes_nothing_and_a_change_only_its_own(shown: list[SceneCut]) -> None:
    scenes = tuple(Scene(id=f"s{n}", cut=cut) for n, cut in enumerate(shown))
    model = model_of(*scenes)
    page = CutPage(model)
    page.show_scenes(scenes)
    assert model.undo_stack.count() == 0
    mute = controls_of(page)["cut_mute"]
    mute.click()
    assert model.undo_stack.count() == 1
    for before, after in zip(scenes, model.project.scenes, strict=True):
        assert after.cut == before.cut.model_copy(update={"is_muted": mute.isChecked()})
    page.deleteLater()


def test_an_edit_of_several_scenes_is_one_step_of_undo(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
    turn_to(panel, "Cut")
    before = scenes_of(panel)
    model: ProjectModel = panel.property("model")

    tick(controls_of(panel)["cut_mute"])

    assert all(scene.cut.is_muted for scene in scenes_of(panel))
    model.undo_stack.undo()
    assert scenes_of(panel) == before
