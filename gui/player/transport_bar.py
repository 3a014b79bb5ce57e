"""The player's buttons: play, step, loop, grab, volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QSlider, QToolButton, QWidget

from gui.player.player_text import GrabUse, PlayerChoices, PlayerSource
from gui.theme import GAP
from gui.widgets.buttons import IconButton
from gui.widgets.fields import ignore_wheel, named

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOUDEST = 100
_VOLUME_WIDTH = 60
_QUIET = 0.5
_SWITCH = """
QToolButton { border: 1px solid transparent; border-radius: 4px; padding: 2px; }
QToolButton:hover { background: palette(midlight); }
QToolButton:checked { border-color: palette(highlight); background: palette(midlight); }
QToolButton:focus { border-color: palette(text); }
"""


class TransportBar(QWidget):
    """A row of buttons over `PlayerChoices`.

    Signals:
        play_wanted(): play, or pause.
        step_wanted(int): by so many frames.
        scene_wanted(int): to the scene before (-1) or after (1).
        grab_wanted(GrabUse)
        changed(PlayerChoices)
    """

    play_wanted = Signal()
    step_wanted = Signal(object)
    scene_wanted = Signal(object)
    grab_wanted = Signal(object)
    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = PlayerChoices()
        self._before = IconButton("scene_before", "skip-previous", "To the scene before.\nPage up")
        self._back = IconButton("step_back", "step-backward", "One frame back.\nLeft or ,")
        self._play = IconButton("play", "play", "Play.\nSpace")
        self._forward = IconButton("step_forward", "step-forward", "One frame on.\nRight or .")
        self._after = IconButton("scene_after", "skip-next", "To the next scene.\nPage down")
        self._loop = IconButton("loop", "repeat", "Begin again at the end.\nL")
        self._loop.setCheckable(True)
        self._grab = IconButton("grab", "camera-outline", "Grab this frame as a picture.")
        self._grab.setMenu(self._grab_menu())
        self._grab.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._mute = IconButton("mute", "volume-high", "Sound on or off.\nM")
        self._mute.setCheckable(True)
        self._volume = named(QSlider(Qt.Orientation.Horizontal), "volume")
        self._volume.setRange(0, _LOUDEST)
        self._volume.setMinimumWidth(_VOLUME_WIDTH)
        self._volume.setMaximumWidth(2 * _VOLUME_WIDTH)
        self._volume.setToolTip("How loud it plays.")
        self._volume.setAccessibleName("Volume in percent")
        ignore_wheel(self._volume)
        for switch in (self._loop, self._mute):
            switch.setStyleSheet(_SWITCH)
        self._scene_buttons = (self._before, self._after)
        self._clip_buttons = (self._back, self._play, self._forward, self._grab)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP // 4)
        for button in (self._before, self._back, self._play, self._forward, self._after):
            layout.addWidget(button)
        layout.addWidget(self._loop)
        layout.addStretch(1)
        layout.addWidget(self._grab)
        layout.addSpacing(GAP)
        layout.addWidget(self._mute)
        layout.addWidget(self._volume)
        self._play.clicked.connect(self.play_wanted)
        steps: Mapping[IconButton, int] = {self._back: -1, self._forward: 1}
        for button, by in steps.items():
            button.setAutoRepeat(True)
            button.clicked.connect(lambda _=False, by=by: self.step_wanted.emit(by))
        scenes: Mapping[IconButton, int] = {self._before: -1, self._after: 1}
        for button, by in scenes.items():
            button.clicked.connect(lambda _=False, by=by: self.scene_wanted.emit(by))
        self._loop.toggled.connect(self._set_looped)
        self._mute.toggled.connect(self._set_muted)
        self._volume.valueChanged.connect(self._set_volume)
        self.set_value(self._value)
        self.show_clip(is_there=False, has_scenes=False)

    def value(self) -> PlayerChoices:
        """How it plays now."""
        return self._value

    def set_value(self, value: PlayerChoices) -> None:
        """Show how it plays; tells nobody."""
        self._value = value
        with QSignalBlocker(self._loop), QSignalBlocker(self._mute), QSignalBlocker(self._volume):
            self._loop.setChecked(value.is_looped)
            self._mute.setChecked(value.is_muted)
            self._volume.setValue(round(value.volume * _LOUDEST))
        self._draw_volume()

    def show_clip(self, *, is_there: bool, has_scenes: bool) -> None:
        """Offer what can be done with what is shown."""
        for button in self._clip_buttons:
            button.setEnabled(is_there)
        for button in self._scene_buttons:
            button.setVisible(has_scenes)
            button.setEnabled(is_there)

    def show_playing(self, *, is_playing: bool) -> None:
        """Offer to pause, or to play."""
        self._play.show_icon("pause" if is_playing else "play")
        self._play.set_tip("Pause.\nSpace" if is_playing else "Play.\nSpace")

    def toggle_loop(self) -> None:
        """As if the button were pressed."""
        self._loop.toggle()

    def toggle_mute(self) -> None:
        """As if the button were pressed."""
        self._mute.toggle()

    def hide_grab(self) -> None:
        """Offer no frames to be grabbed."""
        self._grab.hide()

    def _grab_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName("grab_menu")
        for use in GrabUse:
            action = menu.addAction(f"Use as {use.value}")
            action.triggered.connect(lambda _=False, use=use: self.grab_wanted.emit(use))
        return menu

    @Slot(bool)
    def _set_looped(self, is_on: bool) -> None:
        self._take("is_looped", is_on)

    @Slot(bool)
    def _set_muted(self, is_on: bool) -> None:
        self._take("is_muted", is_on)

    @Slot(int)
    def _set_volume(self, percent: int) -> None:
        self._take("volume", percent / _LOUDEST)

    def _take(self, name: str, value: object) -> None:
        self._value = self._value.model_copy(update={name: value})
        self._draw_volume()
        self.changed.emit(self._value)

    def _draw_volume(self) -> None:
        value = self._value
        if value.is_muted or value.volume == 0:
            self._mute.show_icon("volume-off")
        else:
            self._mute.show_icon("volume-high" if value.volume >= _QUIET else "volume-medium")


_LABELS = {
    PlayerSource.TAKE: ("Take", "The chosen take of the scene."),
    PlayerSource.SEQUENCE: ("Sequence", "All scenes, cut as the export will cut them."),
    PlayerSource.EXPORT: ("Last export", "The newest finished film file."),
}
# Fusion shows which of them is pressed by a shade that the dark theme does not have.
_PRESSED = """
QToolButton { border: 1px solid palette(mid); padding: 3px 8px; background: palette(button); }
QToolButton:checked { background: palette(highlight); color: palette(highlighted-text); }
QToolButton:focus { border-color: palette(text); }
"""


class SourceBar(QWidget):
    """Three buttons, one of them pressed.

    Signals:
        wanted(PlayerSource): a person pressed one.
    """

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setStyleSheet(_PRESSED)
        self._group = QButtonGroup(self)
        self._buttons: dict[PlayerSource, QToolButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for source, (label, tip) in _LABELS.items():
            button = named(QToolButton(), f"source_{source.value}")
            button.setText(label)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, source=source: self.wanted.emit(source))
            self._group.addButton(button)
            self._buttons[source] = button
            layout.addWidget(button)
        self.set_source(PlayerSource.TAKE)

    def source(self) -> PlayerSource:
        """What is pressed."""
        return next(one for one, button in self._buttons.items() if button.isChecked())

    def set_source(self, source: PlayerSource) -> None:
        """Press one; tells nobody."""
        self._buttons[source].setChecked(True)
