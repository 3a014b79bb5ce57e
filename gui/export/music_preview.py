"""A piece of music to listen to: its length, a button to play it, and where it falls short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtMultimedia import QAudioOutput, QMediaDevices, QMediaPlayer
from PySide6.QtWidgets import QWidget

from core.project.storyboard.markup import clock
from gui import theme
from gui.theme import Tone
from gui.widgets.buttons import IconButton
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from core.film.model.film import Music

_EXACT_S = 0.05
_PLAY = "Play this piece, from where the film begins with it"


class MusicPreview(QWidget):
    """Reads the chosen piece's length from its file, and plays it from where the film does."""

    def __init__(self) -> None:
        super().__init__()
        self._music: Music | None = None
        self._film_s: float | None = None
        self._media: QMediaPlayer | None = None
        self._play = IconButton("music_play", "play", _PLAY)
        self._length = ToneLabel()
        self._short = ToneLabel(Tone.WARNING)
        hear = hbox(self._play, self._length, None, gap=theme.GAP)
        vbox(hear, self._short, of=self, gap=theme.GAP // 2)
        self._play.clicked.connect(self._switch)
        self._show()

    def show_music(self, music: Music | None) -> None:
        """Turn to a piece of music, or to none."""
        before, self._music = self._music, music
        if music is not None and (before is None or before.path != music.path):
            # Made late: a film without music needs none of it.
            self._media = self._media or self._make_media()
            self._media.stop()
            url = QUrl.fromLocalFile(str(music.path)) if music.path.is_file() else QUrl()
            self._media.setSource(url)
        self.setVisible(music is not None)
        self._show()

    def set_film_length(self, seconds: float | None) -> None:
        """How long the film is; None where that is not known."""
        self._film_s = seconds
        self._show()

    @property
    def duration_s(self) -> float | None:
        """The length of the piece; None while it is not known."""
        milliseconds = 0 if self._media is None else self._media.duration()
        return milliseconds / 1000 if milliseconds > 0 else None

    def _make_media(self) -> QMediaPlayer:
        media = QMediaPlayer(self)
        media.durationChanged.connect(self._show)
        media.playingChanged.connect(self._show)
        return media

    @Slot()
    def _switch(self) -> None:
        if self._music is None or self._media is None:
            return
        if self._media.isPlaying():
            self._media.stop()
            return
        if QMediaDevices.defaultAudioOutput().isNull():
            # Another program may reach a loudspeaker that this one does not see.
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._music.path)))
            return
        if self._media.audioOutput() is None:  # pyright: ignore[reportUnnecessaryComparison] - PySide's types leave None out
            self._media.setAudioOutput(QAudioOutput(self))
        self._media.setPosition(round(self._music.offset_s * 1000))
        self._media.play()

    @Slot()
    def _show(self) -> None:
        length_s = self.duration_s
        is_playing = self._media is not None and self._media.isPlaying()
        self._play.show_icon("stop" if is_playing else "play")
        self._play.set_tip("Stop this piece" if is_playing else _PLAY)
        self._length.show_message("" if length_s is None else f"{clock(length_s)} long")
        short = "" if self._music is None else shortfall(self._music, length_s, self._film_s)
        self._short.show_message(short)


def shortfall(music: Music, length_s: float | None, film_s: float | None) -> str:
    """Where a piece ends before it should; empty where it does not, or where nobody knows."""
    if length_s is None:
        return ""
    if music.offset_s >= length_s:
        return (
            f"It is {clock(length_s)} long and begins at {clock(music.offset_s)} of itself: "
            "nothing of it is heard. Let it play from an earlier second."
        )
    ends_s = music.end_s if music.end_s is not None else film_s
    if music.is_looped or ends_s is None:
        return ""
    over_s = music.start_s + length_s - music.offset_s
    if over_s >= ends_s - _EXACT_S:
        return ""
    goal = "its end" if music.end_s is not None else "the film's end"
    return (
        f"It is over at {clock(over_s)} of the film, before {goal} at {clock(ends_s)}. "
        "Begin it later, or let it begin again."
    )
