"""The way: new project, storyboard, pictures, render, takes, sequence, export, and the rooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QTabWidget,
    QToolButton,
)

from gui.project.new_project_dialog import NewProjectDialog

if TYPE_CHECKING:
    from pathlib import Path

    from core.project.model.project import VideoProject
    from gui.main_window import MainWindow
    from gui.video.video_project_tab import VideoProjectTab
    from scripts.journey.hands import Hands

NAME = "Three small things"
STORYBOARD = """{title: Morning} [1s] A red ball moving right in a meadow. {seed: 3}

{title: Evening} [1s] A blue box in the desert. {camera: zoom in} {seed: 4}

{title: Later} [1s] A blue box moving right in the desert. {seed: 5}"""
IMAGE = "A big yellow star over the sea"
DISSOLVE_S = 0.25
_RENDERED_WITHIN_S = 240.0
_IMAGES = 1
_CTRL = Qt.KeyboardModifier.ControlModifier


@dataclass(frozen=True)
class Things:
    """What the traveller carries: a picture, a piece of music, and where the film shall be."""

    image: Path
    music: Path
    film: Path


class Route:
    """What every way through an open window has in common."""

    def __init__(self, window: MainWindow, hands: Hands) -> None:
        self._window = window
        self.hands = hands

    @property
    def project(self) -> VideoProject:
        """The open project."""
        model = self._window.project_model
        assert model is not None, "no project is open"
        return model.project

    @property
    def tab(self) -> VideoProjectTab:
        """The tab of the open project."""
        assert self._window.video_tab is not None, "no project is open"
        return self._window.video_tab

    @property
    def table(self) -> QAbstractItemView:
        """Its scenes."""
        return self.hands.find("scene_table", QAbstractItemView)

    def begin(self) -> None:
        """From the welcome page to a new project."""
        self.hands.take_hold()
        self.hands.until("the queue", lambda: self._window.jobs.is_ready)
        self.hands.look("welcome")

        def name_it(dialog: QDialog) -> None:
            assert isinstance(dialog, NewProjectDialog), type(dialog).__name__
            field = dialog.findChild(QLineEdit, "new_project_name")
            assert field is not None, "the dialog has a field"
            QTest.keyClicks(field, NAME)
            QTest.keyClick(field, Qt.Key.Key_Return)

        self.hands.answer(name_it)
        self.hands.press(Qt.Key.Key_N, _CTRL, on=self._window)
        self.hands.until("the project", lambda: self._window.video_tab is not None)
        self.hands.rest(0.5)

    def make_scenes(self, words: str) -> None:
        """Write a storyboard and make its scenes."""
        hands = self.hands
        hands.write(hands.find("storyboard_text", QPlainTextEdit), words)
        button = hands.find("make_scenes")
        hands.until("the split", button.isEnabled)
        hands.click(button)

    def num_takes(self, place: int) -> int:
        """How many takes the scene at a place has, from 0."""
        return len(self.project.takes_of(self.project.scenes[place].id).takes)


class Journey(Route):
    """Goes the whole way in an open window; raises where it does not lead on."""

    def __init__(self, window: MainWindow, hands: Hands, things: Things) -> None:
        super().__init__(window, hands)
        self._things = things

    def go(self) -> None:
        """Go from the welcome page to the finished film and through every room."""
        self.begin()
        self._write_storyboard()
        self._bring_reference()
        self._link_scene()
        self._render()
        self._choose_take()
        self._play_sequence()
        self._export()
        self._see_rooms()

    def _write_storyboard(self) -> None:
        hands = self.hands
        self.make_scenes(STORYBOARD)
        hands.until("three scenes", lambda: len(self.project.scenes) == 3)
        hands.click_row(self.table, 0, 1)
        hands.rest(0.6)
        hands.look("storyboard")

    @property
    def _left(self) -> QScrollArea:
        return self.hands.find("video_left", QScrollArea)

    def _bring_reference(self) -> None:
        hands = self.hands
        self._open("references")
        hands.choose_file(self._things.image)
        hands.click(hands.find("reference_add"))
        hands.until("the reference", lambda: len(self.project.references) == 1)
        hands.rest(0.5)
        hands.look("references")
        self._close("references")

    def _link_scene(self) -> None:
        hands = self.hands
        hands.click_row(self.table, 2, 1)
        hands.press(Qt.Key.Key_L, _CTRL, on=self.table)
        hands.until("the link", lambda: self.project.scenes[2].continues)
        hands.click_row(self.table, 0, 1)

    def _render(self) -> None:
        hands = self.hands
        button = hands.find("render_missing")
        hands.until("something to render", button.isEnabled)
        hands.click(button)
        hands.until("the first clip", lambda: self.num_takes(0) == 1, _RENDERED_WITHIN_S)
        hands.look("rendering")
        hands.until(
            "every clip",
            lambda: all(self.num_takes(place) == 1 for place in range(3)),
            _RENDERED_WITHIN_S,
        )
        self._close("storyboard")
        hands.rest(0.8)
        hands.look("rendered")

    def _choose_take(self) -> None:
        hands = self.hands
        hands.click_row(self.table, 0, 1)
        hands.click(hands.find("render_this"))
        hands.until("another take", lambda: self.num_takes(0) == 2, _RENDERED_WITHIN_S)
        hands.rest(0.8)
        scene = self.project.scenes[0]
        first = self.project.takes_of(scene.id).takes[0].id
        hands.click_row(hands.find("take_strip", QAbstractItemView), 0)
        hands.click(hands.find("take_use"))
        hands.until("the choice", lambda: self.project.takes_of(scene.id).chosen == first)
        hands.rest(0.5)
        hands.look("takes")

    def _play_sequence(self) -> None:
        hands = self.hands
        hands.click(hands.find("source_sequence", QToolButton))
        play = hands.find("play", QToolButton, inside=self._window.video_tab)
        hands.until("the sequence", play.isEnabled, 60.0)
        hands.click(play)
        hands.rest(1.2)
        hands.look("sequence")

    def _export(self) -> None:
        hands = self.hands
        self._close("render")
        self._open("export")
        self._open("cuts")
        hands.pick(hands.find("transition_kind", QComboBox, inside=self._left), "Dissolve")
        hands.write(hands.find("transition_length", inside=self._left), f"{DISSOLVE_S:g}")
        hands.press(Qt.Key.Key_Tab)
        self._close("cuts")
        self._open("music")
        hands.choose_file(self._things.music)
        hands.click(hands.find("music_add"))
        hands.until("the music", lambda: len(self.project.film.film.music) == 1)
        hands.rest(0.5)
        hands.look("music")
        self._close("music")
        hands.choose_file(self._things.film)
        hands.click(hands.find("out"))
        hands.until("the place", lambda: self.project.film.path == self._things.film)
        hands.rest(1.0)
        hands.click(hands.find("export"))
        hands.until("the film", lambda: self.project.last_export is not None, 120.0)
        hands.rest(1.0)
        hands.look("exported")

    def _see_rooms(self) -> None:
        hands = self.hands
        tabs = hands.find("rooms", QTabWidget)
        for place in range(1, tabs.count()):
            bar = tabs.tabBar()
            hands.click(bar, bar.tabRect(place).center())
            hands.rest(1.5)
            if place == _IMAGES:
                self._make_image()
            hands.look(tabs.tabText(place).replace("&", "").lower())
        bar = tabs.tabBar()
        hands.click(bar, bar.tabRect(0).center())

    def _make_image(self) -> None:
        hands = self.hands
        hands.write(hands.find("image_prompt"), IMAGE)
        button = hands.find("image_make")
        hands.until("a picture that can be made", button.isEnabled)
        hands.click(button)
        gallery = hands.find("image_columns")
        hands.until(
            "the picture",
            lambda: any(
                view.model().rowCount()
                for view in gallery.findChildren(QAbstractItemView, "gallery")
            ),
            _RENDERED_WITHIN_S,
        )
        hands.rest(1.5)

    def _open(self, name: str) -> None:
        self._fold(name, is_open=True)

    def _close(self, name: str) -> None:
        self._fold(name, is_open=False)

    def _fold(self, name: str, *, is_open: bool) -> None:
        heading = self.hands.find(f"section_{name}", QToolButton)
        if heading.isChecked() != is_open:
            self.hands.click(heading, QPoint(20, heading.height() // 2))
