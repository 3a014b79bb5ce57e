"""The way of somebody's first hour: own footage, own music, lengths, takes, the theme, the keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QComboBox, QDoubleSpinBox, QListWidget, QWidget

from core.project.model.edits import own_duration_s
from gui.help_window import HelpWindow
from gui.player.clip_player import ClipPlayer
from gui.scenes.scene_rows import SceneColumn
from gui.settings.settings_dialog import SettingsDialog
from scripts.journey.route import Route

if TYPE_CHECKING:
    from pathlib import Path

W = TypeVar("W", bound=QWidget)

WORDS = """[1s] A red ball moving right in a meadow. {seed: 3}

[1s] A blue box in the desert. {seed: 4}"""
LENGTH_S = 1.5
_RENDERED_WITHIN_S = 240.0
_DARK = 100
_CTRL = Qt.KeyboardModifier.ControlModifier


@dataclass(frozen=True)
class OwnFiles:
    """What somebody brings along: a clip of a camera and a song."""

    footage: Path
    song: Path


class FirstHour(Route):
    """Goes the way in an open window; raises where it does not lead on."""

    def go(self, own: OwnFiles) -> Path:
        """From the welcome page to the film; gives its place."""
        self.begin()
        self._write_scenes()
        self._drop(own.footage)
        self.hands.until("a scene of the footage", lambda: len(self.project.scenes) == 3)
        self._drop(own.song)
        self.hands.until("a track", lambda: len(self.project.film.film.music) == 1)
        self.hands.look("dropped")
        self._change_length()
        self._render()
        self._play_by_space()
        self._delete_take()
        self._switch_theme()
        self._read_guide()
        return self._export_by_key()

    @property
    def _player(self) -> ClipPlayer:
        player = self.tab.findChild(ClipPlayer)
        assert player is not None, "the tab has a player"
        return player

    def _write_scenes(self) -> None:
        self.make_scenes(WORDS)
        self.hands.until("two scenes", lambda: len(self.project.scenes) == 2)

    def _drop(self, path: Path) -> None:
        """Let a file of another program go on the upper edge of the window."""
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        window, place = self.hands.window, QPoint(self.hands.window.width() // 2, 5)
        copy, left, no_key = (
            Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        for kind in (QDragEnterEvent, QDragMoveEvent):
            over = kind(place, copy, mime, left, no_key)
            over.setAccepted(kind is QDragMoveEvent)
            QApplication.sendEvent(window, over)
            assert over.isAccepted(), f"{path.name} is not taken"
        dropped = QDropEvent(QPointF(place), copy, mime, left, no_key)
        QApplication.sendEvent(window, dropped)
        assert dropped.isAccepted(), f"{path.name} is not taken"

    def _change_length(self) -> None:
        """Type a length into the table, take it back while the number has the focus, type again."""
        hands, scene = self.hands, self.project.scenes[1].id
        before = self._length_of(scene)
        self._type_length()
        hands.until("the length", lambda: self._length_of(scene) == LENGTH_S)
        hands.press(Qt.Key.Key_Z, _CTRL, on=self.table)
        hands.until("the length before", lambda: self._length_of(scene) == before)
        self._type_length()
        hands.until("the length again", lambda: self._length_of(scene) == LENGTH_S)
        others = [self._length_of(other.id) for other in self.project.scenes if other.id != scene]
        assert LENGTH_S not in others, "one scene alone is longer"

    def _length_of(self, scene_id: str) -> float | None:
        scene = self.project.scene(scene_id)
        assert scene is not None, "the scene is there"
        return own_duration_s(scene)

    def _type_length(self) -> None:
        hands = self.hands
        hands.click_row(self.table, 1, SceneColumn.PROMPT)
        index = self.table.model().index(1, SceneColumn.DURATION)
        self.table.setCurrentIndex(index)
        self.table.edit(index)
        editor = hands.find("duration_editor", QDoubleSpinBox)
        editor.selectAll()
        hands.type_over(editor, f"{LENGTH_S:g}")
        hands.press(Qt.Key.Key_Return, on=editor)

    def _render(self) -> None:
        hands = self.hands
        hands.click_row(self.table, 0, SceneColumn.PROMPT)
        button = hands.find("render_missing")
        hands.until("something to render", button.isEnabled)
        hands.click(button)
        hands.until("the render seen", self._shows_render, _RENDERED_WITHIN_S)
        hands.look("render-seen")
        hands.until(
            "both clips",
            lambda: [self.num_takes(place) for place in range(2)] == [1, 1],
            _RENDERED_WITHIN_S,
        )
        hands.rest(0.5)

    def _shows_render(self) -> bool:
        """Whether the large picture, or the sentence in its place, is of what is being made."""
        surface = self.hands.find("video_surface", inside=self.tab)
        is_told = surface.accessibleDescription().startswith("Rendering")
        return is_told or self._player.is_in_progress

    def _play_by_space(self) -> None:
        hands = self.hands
        hands.click_row(self.table, 0, SceneColumn.PROMPT)
        hands.rest(0.5)
        player = self._player
        hands.click(hands.find("take_strip", QWidget))
        hands.press(Qt.Key.Key_Space, on=hands.find("take_strip", QWidget))
        hands.until("frames that move", lambda: player.frame_number > 3)
        hands.look("playing")

    def _delete_take(self) -> None:
        hands = self.hands
        hands.click(hands.find("render_this"))
        hands.until("another take", lambda: self.num_takes(0) == 2, _RENDERED_WITHIN_S)
        strip = hands.find("take_strip", QWidget)
        hands.rest(0.5)
        hands.press(Qt.Key.Key_Delete, on=strip)
        hands.until("one take", lambda: self.num_takes(0) == 1)
        hands.press(Qt.Key.Key_Z, _CTRL, on=self.hands.window)
        hands.until("the take again", lambda: self.num_takes(0) == 2)

    def _switch_theme(self) -> None:
        hands = self.hands
        hands.press(Qt.Key.Key_Comma, _CTRL, on=hands.window)
        dialog = self._opened(SettingsDialog)
        sections = hands.find("sections", QListWidget, inside=dialog)
        rows = [sections.item(row).text() for row in range(sections.count())]
        hands.click_row(sections, rows.index("Window"))
        hands.pick(hands.find("ui_appearance", QComboBox, inside=dialog), "Dark")
        hands.until(
            "the dark theme", lambda: hands.window.palette().window().color().lightness() < _DARK
        )
        dialog.close()
        hands.take_hold()
        hands.rest(0.5)
        hands.look("dark")

    def _read_guide(self) -> None:
        self.hands.press(Qt.Key.Key_F1, on=self.hands.window)
        self._opened(HelpWindow).close()
        self.hands.take_hold()

    def _opened(self, kind: type[W]) -> W:
        """The window of that kind that stands open beside the main one."""

        def found() -> list[W]:
            windows = QApplication.topLevelWidgets()
            return [each for each in windows if isinstance(each, kind) and each.isVisible()]

        self.hands.until(kind.__name__, found)
        return found()[0]

    def _export_by_key(self) -> Path:
        hands = self.hands
        hands.press(Qt.Key.Key_E, _CTRL, on=hands.window)
        hands.until("the film", lambda: self.project.last_export is not None, 120.0)
        hands.rest(1.0)
        hands.look("exported")
        film = self.project.last_export
        assert film is not None, "it was waited for"
        return film
