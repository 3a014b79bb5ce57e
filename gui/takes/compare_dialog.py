"""Two takes side by side, at the same moment: step, play, hear one of them, choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QWidget,
)
from typing_extensions import override

from gui.player.playback import Playback
from gui.player.player_text import place_text
from gui.player.position_bar import PositionBar
from gui.takes.compare_side import CompareSide
from gui.theme import EDGE, GAP
from gui.widgets.buttons import IconButton
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from core.media.frames import ClipFrames
    from gui.takes.takes_model import ShownTake

_US = 1_000_000
_WIDTH, _HEIGHT = 1040, 500
_AUDIOS = ("left", "right", "none")
_NONE = 2


class CompareDialog(QDialog):
    """Steps and plays both by the frames of whichever has more of them.

    Signals:
        chosen(Take): the film shall use it; the dialog is closing.
    """

    chosen = Signal(object)

    def __init__(
        self,
        takes: tuple[ShownTake, ShownTake],
        parent: QWidget | None = None,
        *,
        can_choose: bool = True,
    ) -> None:
        super().__init__(parent)
        self._can_choose = can_choose
        self._takes = list(takes)
        self._frame = 0
        self._begin_us = 0
        self._sides = (CompareSide("left"), CompareSide("right"))
        self._position = PositionBar()
        self._position.setToolTip("Where in both takes you are. Arrow keys move by one frame.")
        self._place = QLabel()
        self._place.setAccessibleName("Time and frame")
        self._play = IconButton("compare_play", "play", "Play or pause both.\nSpace")
        self._back = IconButton("compare_back", "skip-previous", "One frame back.\nComma")
        self._on = IconButton("compare_on", "skip-next", "One frame on.\nFull stop")
        self._swap = IconButton("compare_swap", "swap-horizontal", "Swap left and right.\nX")
        self._audios = QButtonGroup(self)
        self._note = ToneLabel()
        self._audio = Playback(self)
        self._uses = QButtonGroup(self)
        self._close = named(QPushButton("&Close"), "compare_close")
        self._close.setToolTip("Leave the choice as it is.\nEscape")
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._clock = QElapsedTimer()
        self.setWindowTitle("Compare takes")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(_WIDTH, _HEIGHT)
        self._lay_out()
        self._connect()
        self._open()

    @property
    def frame_number(self) -> int:
        """The frame that both stand at, counted in the one with more frames."""
        return self._frame

    @property
    def is_playing(self) -> bool:
        """Whether they play now."""
        return self._timer.isActive()

    def go_to(self, number: int) -> None:
        """Show both at the moment of this frame; the first or last one where there is none."""
        frames = self._guide()
        if frames is None:
            return
        self._frame = min(max(number, 0), frames.count - 1)
        moment = frames.middle_us(self._frame) - frames.starts_us[0]
        for side in self._sides:
            side.go_to(moment)
        self._position.show_frame(self._frame)
        self._place.setText(place_text(frames, self._frame))

    def _lay_out(self) -> None:
        images = QHBoxLayout()
        images.setSpacing(GAP)
        uses = QHBoxLayout()
        for number, side in enumerate(self._sides):
            images.addWidget(side, 1)
            name = _AUDIOS[number]
            use = named(QPushButton(f"Use &{name}"), f"compare_use_{name}")
            use.setToolTip(f"Let the film use the take on the {name}.")
            use.setAutoDefault(False)
            self._uses.addButton(use, number)
            uses.addStretch(1)
            uses.addWidget(use)
            uses.addStretch(1)
        steps = (self._back, self._play, self._on, self._swap)
        tools = hbox(*steps, gap=GAP // 2)
        tools.addSpacing(GAP)
        tools.addWidget(self._place)
        tools.addStretch(1)
        tools.addWidget(QLabel("Sound"))
        for number, text in enumerate(("&Left", "&Right", "&None")):
            choice = named(QRadioButton(text), f"compare_sound_{_AUDIOS[number]}")
            choice.setToolTip(
                "Play without sound" if number == _NONE else f"Hear the take on the {text[1:]}"
            )
            self._audios.addButton(choice, number)
            tools.addWidget(choice)
        self._audios.button(_NONE).setChecked(True)
        tools.addSpacing(GAP)
        tools.addWidget(self._close)
        parts = (images, uses, self._note, self._position, tools)
        vbox(*parts, of=self, gap=GAP, grows=images, margin=EDGE)

    def _connect(self) -> None:
        for side in self._sides:
            side.opened.connect(self._on_opened)
        self._position.wanted.connect(self._go_to)
        self._play.clicked.connect(self.toggle_play)
        self._back.clicked.connect(self._step_back)
        self._on.clicked.connect(self._step_on)
        self._swap.clicked.connect(self.swap)
        self._uses.idClicked.connect(self._use)
        self._audios.idClicked.connect(self._choose_audio)
        self._audio.silent.connect(self._note.show_message)
        self._audio.failed.connect(self._note.show_message)
        self._close.clicked.connect(self.reject)
        self._close.setAutoDefault(False)

    def _open(self) -> None:
        self._frame = 0
        for number, (side, shown) in enumerate(zip(self._sides, self._takes, strict=True)):
            side.show_take(shown)
            self._uses.button(number).setEnabled(self._can_choose and not shown.is_chosen)
        self._place.setText("")
        self._follow_audio()

    def _guide(self) -> ClipFrames | None:
        """The frames that both go by: of the take that has more of them."""
        known = [side.frames for side in self._sides if side.frames is not None]
        return max(known, key=lambda frames: frames.count, default=None)

    @Slot()
    def _on_opened(self) -> None:
        frames = self._guide()
        for button in (self._play, self._back, self._on):
            button.setEnabled(frames is not None)
        if frames is not None:
            rate = round(frames.count / frames.duration_s) if frames.duration_s else 1
            self._position.show_clip(frames.count, rate, ())
            self.go_to(self._frame)

    @Slot()
    def toggle_play(self) -> None:
        """Play both from here, or from the start at the end; or pause."""
        frames = self._guide()
        if frames is None:
            return
        if self.is_playing:
            self._pause()
            return
        if self._frame == frames.count - 1:
            self.go_to(0)
        self._begin_us = frames.middle_us(self._frame) - frames.starts_us[0]
        self._clock.start()
        # Twice a frame, so that none comes late by a whole one.
        self._timer.start(max(1, round(500 * frames.duration_s / frames.count)))
        self._play.show_icon("pause")
        self._listen_at(self._begin_us)

    @Slot()
    def swap(self) -> None:
        """Let the two change places; they stay where they are in time."""
        frame = self._frame
        self._pause()
        self._takes.reverse()
        self._open()
        self._frame = frame

    def _pause(self) -> None:
        self._timer.stop()
        self._audio.pause()
        self._play.show_icon("play")

    @Slot()
    def _tick(self) -> None:
        frames = self._guide()
        if frames is None:
            self._pause()
            return
        moment = self._begin_us + self._clock.nsecsElapsed() // 1000
        number = frames.number_at(frames.starts_us[0] + moment)
        if number != self._frame:
            self.go_to(number)
        if moment >= round(frames.duration_s * _US):
            self._pause()

    @Slot(object)
    def _go_to(self, number: int) -> None:
        self._pause()
        self.go_to(number)

    @Slot()
    def _step_back(self) -> None:
        self._go_to(self._frame - 1)

    @Slot()
    def _step_on(self) -> None:
        self._go_to(self._frame + 1)

    @Slot(int)
    def _choose_audio(self, _: int) -> None:
        self._note.show_message("")
        self._follow_audio()
        frames = self._guide()
        if self.is_playing and frames is not None:
            self._listen_at(frames.middle_us(self._frame) - frames.starts_us[0])

    def _follow_audio(self) -> None:
        audible = self._audios.checkedId()
        self._audio.open(None if audible == _NONE else self._takes[audible].take.path)

    def _listen_at(self, moment_us: int) -> None:
        if self._audios.checkedId() != _NONE:
            self._audio.play(moment_us)

    @Slot(int)
    def _use(self, side: int) -> None:
        self.chosen.emit(self._takes[side].take)
        self.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        # No shortcuts: they would take the space bar from a button that has the focus.
        match event.key():
            case Qt.Key.Key_Space:
                self.toggle_play()
            case Qt.Key.Key_Comma:
                self._step_back()
            case Qt.Key.Key_Period:
                self._step_on()
            case Qt.Key.Key_X:
                self.swap()
            case _:
                super().keyPressEvent(event)

    @override
    def done(self, result: int) -> None:
        self._pause()
        self._audio.release()
        for side in self._sides:
            side.release()
        super().done(result)
