"""A clip in motion, with its sound: QtMultimedia, begun only when something is played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtMultimedia import (
    QAudioOutput,
    QMediaDevices,
    QMediaPlayer,
    QVideoFrame,
    QVideoSink,
)

from gui.player.player_text import PlayerChoices

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QImage

_US = 1000
_Status = QMediaPlayer.MediaStatus
_OPEN = (
    _Status.LoadedMedia,
    _Status.BufferingMedia,
    _Status.BufferedMedia,
    _Status.EndOfMedia,
)


@dataclass(frozen=True)
class PlayedFrame:
    """What is seen at a moment; `image` is None where Qt cannot draw such a picture."""

    moment_us: int
    image: QImage | None


class Playback(QObject):
    """Plays one file; pauses where it is told.

    Signals:
        imaged(PlayedFrame): while it plays.
        ended(): it came to its end and does not loop.
        silent(str): why there is no sound.
        failed(str): why it does not play.
    """

    imaged = Signal(object)
    ended = Signal()
    silent = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self._player: QMediaPlayer | None = None
        self._sink: QVideoSink | None = None
        self._output: QAudioOutput | None = None
        self.choices = PlayerChoices(volume=1.0)
        self._is_playing = False
        self._begin_us: int | None = None

    @property
    def is_playing(self) -> bool:
        """Whether it plays now."""
        return self._is_playing

    def open(self, path: Path | None) -> None:
        """Take another file; nothing is read before it is played."""
        self.pause()
        self._path = path
        if self._player is not None:
            self._player.setSource(QUrl())

    def play(self, moment_us: int) -> None:
        """Play from a moment."""
        if self._path is None:
            return
        player = self._started()
        source = QUrl.fromLocalFile(str(self._path))
        self._is_playing = True
        self._begin_us = moment_us
        if player.source() != source:
            # A position set before the file is open is forgotten: `_on_media_status` goes on.
            player.setSource(source)
        elif player.mediaStatus() in _OPEN:
            self._begin()

    def pause(self) -> None:
        """Stop where it is."""
        self._is_playing = False
        self._begin_us = None
        if self._player is not None:
            self._player.pause()

    def seek(self, moment_us: int) -> None:
        """Go on from another moment."""
        if self._begin_us is not None:
            self._begin_us = moment_us
        elif self._player is not None:
            self._player.setPosition(moment_us // _US)

    def set_choices(self, choices: PlayerChoices) -> None:
        """Play as loud, and as often, as this says."""
        self.choices = choices
        if self._output is not None:
            # The ear counts in decibels: half the way of a slider is a quarter of the power.
            self._output.setVolume(choices.volume**2)
            self._output.setMuted(choices.is_muted)
        if self._player is not None:
            loops = QMediaPlayer.Loops.Infinite if choices.is_looped else QMediaPlayer.Loops.Once
            self._player.setLoops(loops.value)

    def release(self) -> None:
        """Let go of the file and the devices."""
        self.open(None)
        if self._player is not None:
            self._player.stop()

    def _started(self) -> QMediaPlayer:
        if self._player is not None:
            return self._player
        player = QMediaPlayer(self)
        self._sink = QVideoSink(self)
        self._sink.videoFrameChanged.connect(self._see)
        player.setVideoSink(self._sink)
        if QMediaDevices.defaultAudioOutput().isNull():
            self.silent.emit("This machine has no sound device, so it plays without sound.")
        else:
            self._output = QAudioOutput(self)
            player.setAudioOutput(self._output)
        player.mediaStatusChanged.connect(self._on_media_status)
        player.errorOccurred.connect(self._fail)
        self._player = player
        self.set_choices(self.choices)
        return player

    @Slot(QVideoFrame)
    def _see(self, frame: QVideoFrame) -> None:
        if not self._is_playing or not frame.isValid():
            return
        image = frame.toImage()
        moment = frame.startTime()
        if moment < 0 and self._player is not None:
            moment = self._player.position() * _US
        self.imaged.emit(PlayedFrame(moment, None if image.isNull() else image))

    @Slot(QMediaPlayer.MediaStatus)
    def _on_media_status(self, status: QMediaPlayer.MediaStatus) -> None:
        if status in _OPEN and self._begin_us is not None:
            self._begin()
        elif status is QMediaPlayer.MediaStatus.EndOfMedia and self._is_playing:
            self._is_playing = False
            self.ended.emit()

    def _begin(self) -> None:
        if self._player is not None and self._begin_us is not None:
            self._player.setPosition(self._begin_us // _US)
            self._begin_us = None
            self._player.play()

    @Slot(QMediaPlayer.Error, str)
    def _fail(self, _: QMediaPlayer.Error, message: str) -> None:
        self._is_playing = False
        self._begin_us = None
        self.failed.emit(message)
