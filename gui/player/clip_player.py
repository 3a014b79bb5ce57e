"""The player: plays clips and films with sound, and steps through their frames exactly."""

from __future__ import annotations

import uuid
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from core.platform.scratch import ScratchFolder
from gui.player.full_screen import FullScreenImage
from gui.player.playback import Playback, PlayedFrame
from gui.player.player_text import Grab, GrabUse, PlayerSource, place_text
from gui.player.position_bar import PositionBar
from gui.player.stills import Still, Stills
from gui.player.transport_bar import SourceBar, TransportBar
from gui.player.video_surface import VideoSurface
from gui.theme import GAP, Tone
from gui.widgets.labels import ElidedLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from PySide6.QtGui import QImage, QMouseEvent

    from core.errors import StudioError
    from core.film.build.preview import SceneStart
    from core.media.frames import ClipFrames

_NOTHING = "Nothing to play yet. Render a scene, or choose one that has a clip."
_STILLS_ONLY = (
    "The picture of this clip ({codec}, {bits} bits) cannot be played here, so its frames are "
    "shown as fast as they are read."
)


class ClipPlayer(QWidget):
    """Shows one clip or film at a time.

    While it stands, the picture is read from the file by its frame number; while it plays, it
    comes from QtMultimedia. To be told `release()` before the program ends.

    Signals:
        grabbed(Grab): a frame, written exactly as it lies in the file.
        source_restored(PlayerSource): what was shown when the program ended the last time.
        source_wanted(PlayerSource): answer with `show_clip`, `show_film` or `show_message`.
        scene_shown(int): another scene of the film is seen; its place among the marks, from 0.
    """

    grabbed = Signal(object)
    source_restored = Signal(object)
    source_wanted = Signal(object)
    scene_shown = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._frames: ClipFrames | None = None
        self._number = 0
        self._marks: tuple[SceneStart, ...] = ()
        self._starts: list[int] = []
        self._begin = _Begin()
        self._scene_number = -1
        self._is_following = False
        self._folder: ScratchFolder | None = None
        self._stills = Stills(self)
        self._playback = Playback(self)
        self._sources = SourceBar()
        self._title = ElidedLabel(Qt.AlignmentFlag.AlignRight)
        self._surface = VideoSurface()
        self._position = PositionBar()
        self._place = ElidedLabel(is_cut=False)
        self._place.setAccessibleName("Time and frame")
        self._scene = ElidedLabel(Qt.AlignmentFlag.AlignRight)
        self._message = self._surface.add_note()
        self._note = self._surface.add_note()
        self._damage = self._surface.add_note(Tone.WARNING)
        self._transport = TransportBar()
        self._full_screen = FullScreenImage(self)
        head = hbox(self._sources, self._title, grows=self._title)
        foot = hbox(self._place, self._scene, grows=self._scene)
        rows = (head, self._surface, self._position, foot, self._transport)
        vbox(*rows, of=self, gap=GAP // 2, grows=self._surface)
        self._connect()
        self._add_shortcuts()
        self.show_message(_NOTHING)

    def source(self) -> PlayerSource:
        """What was chosen to be shown."""
        return self._sources.source()

    def set_source(self, source: PlayerSource) -> None:
        """Press one of the three buttons; tells nobody."""
        self._sources.set_source(source)

    def set_alone(self) -> None:
        """Be a player of one file, outside of a project: no other sources, no frames to grab."""
        self._sources.hide()
        self._transport.grab_button.hide()

    def show_clip(self, path: Path, title: str, *, plays: bool = False) -> None:
        """Open a clip and stand at its first frame, or play it."""
        self.show_film(path, (), title, plays=plays)

    def show_film(
        self,
        path: Path,
        marks: Sequence[SceneStart],
        title: str = "",
        *,
        at_s: float = 0.0,
        plays: bool = False,
        is_update: bool = False,
    ) -> None:
        """Open a film and stand at a moment, or play from there.

        Args:
            path: the file.
            marks: where its scenes begin.
            title: stands above it.
            at_s: the moment, in seconds; the last frame where the film is shorter.
            plays: whether it begins to play.
            is_update: it is the film that was shown, made anew; nobody is told where it stands.
        """
        self._leave()
        self._begin = _Begin(at_s, plays, is_update)
        self._marks = tuple(marks)
        self._title.show_text(title)
        self._title.setToolTip(title)
        if self._surface.image is None:
            # What was said until now is of another thing; a picture stays until the next one.
            self._surface.show_message("")
        self._playback.open(path)
        self._stills.open(path)

    def show_message(self, message: str) -> None:
        """Show a sentence in place of a picture, and let go of the file."""
        self._leave()
        self._playback.open(None)
        self._stills.close()
        self._title.show_text("")
        self._surface.show_message(message)

    def show_progress(self, message: str, image: QImage | None) -> None:
        """Show what is being made, as far as it is, and a sentence on it."""
        if not self._is_following:
            self.show_message("")
            self._is_following = True
        if image is None:
            self._surface.show_message(message)
        else:
            self._surface.show_image(image)
            self._message.show_message(message)

    def show_still(self, image: QImage, title: str, message: str) -> None:
        """Show a picture that does not move, and a sentence on it."""
        self.show_message("")
        self._title.show_text(title)
        self._surface.show_image(image)
        self._message.show_message(message)

    def show_note(self, message: str) -> None:
        """Say something over the foot of the picture; empty takes it away."""
        self._message.show_message(message)

    def go_to_scene(self, number: int) -> None:
        """Go to where a scene of the film begins, by its place among the marks."""
        if number < len(self._starts) and number != self._scene_number:
            self.go_to(self._starts[number])

    @property
    def scene_number(self) -> int:
        """Which scene of the film is seen, by its place among the marks; -1 for none."""
        return self._scene_number

    @property
    def since_scene_s(self) -> float:
        """How long the scene has been seen at the moment that is shown, in seconds."""
        if self._frames is None or self._scene_number < 0:
            return 0.0
        return self._frames.start_s(self._number) - self._marks[self._scene_number].start_s

    @property
    def is_in_progress(self) -> bool:
        """Whether it shows the picture of something that is being made."""
        return self._is_following and self._surface.image is not None

    @property
    def frame_number(self) -> int:
        """The frame that is shown, from 0."""
        return self._number

    @property
    def is_playing(self) -> bool:
        """Whether it plays now, or will as soon as it is open."""
        return self._playback.is_playing or (self._frames is None and self._begin.plays)

    @Slot(object)
    def go_to(self, number: int) -> None:
        """Show a frame; the first or the last one where there is no such frame."""
        if self._frames is None:
            return
        number = min(max(number, 0), self._frames.count - 1)
        self._stand_at(number)
        if self._playback.is_playing:
            self._playback.seek(self._frames.middle_us(number))
        else:
            self._stills.want(number)

    def release(self) -> None:
        """Let go of files, threads and devices, for good."""
        self._full_screen.close()
        self._playback.release()
        self._stills.release()
        if self._folder is not None:
            self._folder.remove()
            self._folder = None

    @Slot()
    def toggle_play(self) -> None:
        """Play from here, or from the start at the end; or pause."""
        if self._frames is None:
            return
        if self._playback.is_playing:
            self._playback.pause()
            self._stills.want(self._number)
        else:
            at = 0 if self._number == self._frames.count - 1 else self._number
            self._playback.play(self._frames.middle_us(at))
        self._transport.show_playing(is_playing=self._playback.is_playing)

    @Slot()
    def play(self) -> None:
        """Play, where it does not already."""
        if not self._playback.is_playing:
            self.toggle_play()

    @Slot()
    def pause(self) -> None:
        """Stand still, where it plays."""
        if self._playback.is_playing:
            self.toggle_play()

    @Slot()
    def go_back(self) -> None:
        """Show what was a second before, playing on where it plays."""
        if self._frames is not None and self._frames.duration_s > 0:
            per_second = round(self._frames.count / self._frames.duration_s)
            self.go_to(self._number - max(per_second, 1))

    @Slot()
    def toggle_full_screen(self) -> None:
        """Show the picture over the whole screen, or leave that."""
        self._full_screen.toggle(self._surface.image)

    @property
    def keys(self) -> Mapping[Qt.Key, Callable[[], None]]:
        """What plain keys do wherever the focus is, as long as nobody writes there."""
        key = Qt.Key
        return {
            key.Key_Space: self.toggle_play,
            key.Key_J: self.go_back,
            key.Key_K: self.pause,
            key.Key_L: self.play,
            key.Key_Comma: lambda: self._step(-1),
            key.Key_Period: lambda: self._step(1),
            key.Key_PageUp: lambda: self._step_scene(-1),
            key.Key_PageDown: lambda: self._step_scene(1),
            key.Key_F: self.toggle_full_screen,
        }

    def _connect(self) -> None:
        self._stills.opened.connect(self._opened)
        self._stills.imaged.connect(self._show_still)
        self._stills.failed.connect(self._failed)
        self._playback.imaged.connect(self._show_played)
        self._playback.ended.connect(self._ended)
        self._playback.silent.connect(self._note.show_message)
        self._playback.failed.connect(self._cannot_play)
        self._position.wanted.connect(self.go_to)
        self._sources.wanted.connect(self.source_wanted)
        self._sources.restored.connect(self.source_restored)
        self._transport.play_wanted.connect(self._on_play_button)
        self._transport.step_wanted.connect(self._step)
        self._transport.scene_wanted.connect(self._step_scene)
        self._transport.grab_wanted.connect(self._grab)
        self._transport.changed.connect(self._playback.set_choices)
        self._playback.set_choices(self._transport.choices)

    def _add_shortcuts(self) -> None:
        key, context = Qt.Key, Qt.ShortcutContext
        anywhere: dict[Qt.Key, Callable[[], None]] = {
            **self.keys,
            key.Key_R: self._transport.loop_button.toggle,
            key.Key_M: self._transport.mute_button.toggle,
        }
        # Elsewhere these keys move sliders and the choice of buttons.
        on_image: dict[Qt.Key, Callable[[], None]] = {
            key.Key_Left: lambda: self._step(-1),
            key.Key_Right: lambda: self._step(1),
            key.Key_Home: lambda: self.go_to(0),
            key.Key_End: lambda: self._step(1 << 30),
        }
        self._full_screen.listen(anywhere)
        for owner, where, table in (
            (self, context.WidgetWithChildrenShortcut, anywhere),
            (self._surface, context.WidgetShortcut, on_image),
        ):
            for pressed, act in table.items():
                shortcut = QShortcut(QKeySequence(pressed), owner, context=where)
                shortcut.activated.connect(act)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on the picture plays or pauses."""
        if self._surface.geometry().contains(event.position().toPoint()):
            self.toggle_play()
        super().mouseReleaseEvent(event)

    @Slot()
    def _on_play_button(self) -> None:
        # Whoever plays a film is no longer writing in a field that follows what is seen of it.
        self._surface.setFocus()
        self.toggle_play()

    def _leave(self) -> None:
        self._begin = _Begin()
        self._scene_number = -1
        self._is_following = False
        self._message.show_message("")
        self._frames = None
        self._number = 0
        self._marks = ()
        self._starts = []
        self._note.show_message("")
        self._damage.show_message("")
        self._place.show_text("")
        self._scene.show_text("")
        self._position.show_clip(0, 1, ())
        self._transport.show_clip(is_there=False, has_scenes=False)
        self._transport.show_playing(is_playing=False)

    def _stand_at(self, number: int) -> None:
        if self._frames is None:
            return
        self._number = number
        self._position.show_frame(number)
        self._place.show_text(place_text(self._frames, number))
        begun = bisect_right(self._starts, number)
        self._scene.show_text(self._marks[begun - 1].title if begun else "")
        if begun - 1 != self._scene_number:
            self._scene_number = begun - 1
            if begun:
                self.scene_shown.emit(begun - 1)

    @Slot(object)
    def _opened(self, frames: ClipFrames) -> None:
        self._frames = frames
        first = frames.starts_us[0] + 1
        self._starts = [frames.number_at(first + round(mark.start_s * 1e6)) for mark in self._marks]
        per_second = round(frames.count / frames.duration_s) if frames.duration_s > 0 else 1
        self._position.show_clip(frames.count, per_second, self._starts)
        self._transport.show_clip(is_there=True, has_scenes=len(self._marks) > 1)
        begin, self._begin = self._begin, _Begin()
        number = frames.number_at(first + round(begin.at_s * 1e6)) if begin.at_s else 0
        if begin.is_update:
            self._scene_number = bisect_right(self._starts, number) - 1
        self._stand_at(number)
        self._stills.want(number)
        if begin.plays:
            self.toggle_play()

    def _show_image(self, image: QImage) -> None:
        self._surface.show_image(image)
        self._full_screen.show_image(image)

    @Slot(object)
    def _show_still(self, still: Still) -> None:
        if not self._playback.is_playing or still.number == self._number:
            self._show_image(still.image)
            self._damage.show_message("")

    @Slot(object)
    def _show_played(self, frame: PlayedFrame) -> None:
        if self._frames is None:
            return
        self._stand_at(self._frames.number_at(frame.moment_us))
        if frame.image is not None:
            self._show_image(frame.image)
            return
        self._note.show_message(
            _STILLS_ONLY.format(codec=self._frames.codec, bits=self._frames.bit_depth)
        )
        self._stills.want(self._number)

    @Slot()
    def _ended(self) -> None:
        self._transport.show_playing(is_playing=False)
        if self._frames is not None:
            self.go_to(self._frames.count - 1)

    @Slot(object)
    def _failed(self, error: StudioError) -> None:
        if self._frames is None or self._surface.image is None:
            self.show_message(str(error))
        else:
            self._damage.show_message(str(error))

    @Slot(object)
    def _cannot_play(self, message: str) -> None:
        self._transport.show_playing(is_playing=False)
        self._note.show_message(
            f"This file cannot be played here ({message}). Its frames can be looked at one by one."
        )

    @Slot(object)
    def _step(self, by: int) -> None:
        if self._playback.is_playing:
            self.toggle_play()
        self.go_to(self._number + by)

    @Slot(object)
    def _step_scene(self, by: int) -> None:
        if by > 0:
            later = self._starts[bisect_right(self._starts, self._number) :]
            self.go_to(later[0] if later else self._number)
        else:
            earlier = self._starts[: bisect_left(self._starts, self._number)]
            self.go_to(earlier[-1] if earlier else 0)

    @Slot(object)
    def _grab(self, use: GrabUse) -> None:
        if self._frames is None:
            return
        if self._folder is None:
            self._folder = ScratchFolder("frames")
        name = f"frame-{self._number + 1:06}-{uuid.uuid4().hex[:6]}.png"
        path = self._folder.path / name
        self._stills.save(self._number, path, lambda path: self.grabbed.emit(Grab(path, use)))


@dataclass(frozen=True)
class _Begin:
    """Where a film that is being opened shall stand, and whether it plays from there."""

    at_s: float = 0.0
    plays: bool = False
    is_update: bool = False
