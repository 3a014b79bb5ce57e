"""The player's buttons: play, step, loop, grab, volume."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QMenu, QSlider, QToolButton, QWidget

from gui.player.player_text import GrabUse, PlayerChoices, PlayerSource
from gui.theme import GAP
from gui.widgets.buttons import IconButton, SegmentButton
from gui.widgets.fields import ignore_wheel, named
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.layouts import hbox

_LOUDEST = 100
_VOLUME_WIDTH = 60
_QUIET = 0.5


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

    def __init__(self) -> None:
        super().__init__()
        self._choices = PlayerChoices()
        self._is_playing = False
        before = IconButton("scene_before", "skip-previous", "To the scene before.\nPage up")
        back = IconButton("step_back", "step-backward", "One frame back.\nLeft or ,")
        self._play = IconButton("play", "play", "Play.\nSpace")
        forward = IconButton("step_forward", "step-forward", "One frame on.\nRight or .")
        after = IconButton("scene_after", "skip-next", "To the next scene.\nPage down")
        self.loop_button = IconButton("loop", "repeat", "Begin again at the end.\nR")
        self.grab_button = IconButton("grab", "camera-outline", "Grab this frame as a picture.")
        self.grab_button.setMenu(self._grab_menu())
        self.grab_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.mute_button = IconButton("mute", "volume-high", "Sound on or off.\nM")
        volume = named(
            QSlider(Qt.Orientation.Horizontal), "volume", "How loud it plays.", "Volume in percent"
        )
        volume.setRange(0, _LOUDEST)
        volume.setValue(round(self._choices.volume * _LOUDEST))
        volume.setMinimumWidth(_VOLUME_WIDTH)
        volume.setMaximumWidth(2 * _VOLUME_WIDTH)
        ignore_wheel(volume)
        for switch, name in ((self.loop_button, "is_looped"), (self.mute_button, "is_muted")):
            switch.setCheckable(True)
            switch.toggled.connect(partial(self._take, name))
        self._scene_buttons = (before, after)
        self._clip_buttons = (back, self._play, forward, self.grab_button)
        parts = (before, back, self._play, forward, after, self.loop_button, None, self.grab_button)
        layout = hbox(*parts, of=self, gap=GAP // 4)
        layout.addSpacing(GAP)
        layout.addWidget(self.mute_button)
        layout.addWidget(volume)
        self._play.clicked.connect(self.play_wanted)
        for button, by in ((back, -1), (forward, 1)):
            button.setAutoRepeat(True)
            button.clicked.connect(lambda _=False, by=by: self.step_wanted.emit(by))
        for button, by in ((before, -1), (after, 1)):
            button.clicked.connect(lambda _=False, by=by: self.scene_wanted.emit(by))
        volume.valueChanged.connect(self._set_volume)
        self.show_clip(is_there=False, has_scenes=False)

    @property
    def choices(self) -> PlayerChoices:
        """How it plays now."""
        return self._choices

    def show_clip(self, *, is_there: bool, has_scenes: bool) -> None:
        """Offer what can be done with what is shown."""
        for button in self._clip_buttons:
            button.setEnabled(is_there)
        for button in self._scene_buttons:
            # Hidden, they would move every other button whenever another source is chosen.
            button.setEnabled(is_there and has_scenes)

    def show_playing(self, *, is_playing: bool) -> None:
        """Offer to pause, or to play."""
        if is_playing is not self._is_playing:
            self._is_playing = is_playing
            self._play.show_icon("pause" if is_playing else "play")
            self._play.set_tip("Pause.\nSpace" if is_playing else "Play.\nSpace")

    def _grab_menu(self) -> QMenu:
        menu = named(QMenu(self), "grab_menu")
        for use in GrabUse:
            action = menu.addAction(f"Use as {use.value}")
            action.triggered.connect(lambda _=False, use=use: self.grab_wanted.emit(use))
        return menu

    @Slot(int)
    def _set_volume(self, percent: int) -> None:
        self._take("volume", percent / _LOUDEST)

    def _take(self, name: str, value: float) -> None:
        self._choices = replace(self._choices, **{name: value})
        if self._choices.is_muted or self._choices.volume == 0:
            self.mute_button.show_icon("volume-off")
        else:
            is_loud = self._choices.volume >= _QUIET
            self.mute_button.show_icon("volume-high" if is_loud else "volume-medium")
        self.changed.emit(self._choices)


_LABELS = {
    PlayerSource.TAKE: ("Take", "The chosen take of the scene."),
    PlayerSource.SEQUENCE: ("Sequence", "All scenes, cut as the export will cut them."),
    PlayerSource.EXPORT: ("Last export", "The newest finished film file."),
}


class SourceBar(QWidget):
    """Three buttons, one of them pressed.

    Signals:
        wanted(PlayerSource): a person pressed one.
        restored(PlayerSource): it was pressed when the program ended the last time.
    """

    wanted = Signal(object)
    restored = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        group = QButtonGroup(self)
        self._buttons: dict[PlayerSource, QToolButton] = {}
        for source, (label, tip) in _LABELS.items():
            button = named(SegmentButton(), f"source_{source.value}", tip)
            button.setText(label)
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, source=source: self.wanted.emit(source))
            group.addButton(button)
            self._buttons[source] = button
        FlowLayout(*self._buttons.values(), of=self, gap=0)
        self.set_source(PlayerSource.TAKE)

    def source(self) -> PlayerSource:
        """What is pressed."""
        return next(one for one, button in self._buttons.items() if button.isChecked())

    def restore(self, number: int) -> None:
        """Ask for the one of that place, from 0; a place that there is no longer is left alone."""
        if 0 <= number < len(self._buttons):
            self.restored.emit(tuple(self._buttons)[number])

    def number(self) -> int:
        """The place of what is pressed, from 0."""
        return tuple(self._buttons).index(self.source())

    def set_source(self, source: PlayerSource) -> None:
        """Press one; tells nobody."""
        self._buttons[source].setChecked(True)
