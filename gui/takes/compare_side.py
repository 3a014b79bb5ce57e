"""One half of a comparison: the frames of a take, exactly those that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from gui.player.stills import Still, Stills
from gui.player.video_surface import VideoSurface
from gui.takes.take_text import seed_text, short_facts, take_name, when_text
from gui.theme import GAP
from gui.widgets.labels import ElidedLabel
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from core.errors import StudioError
    from core.media.frames import ClipFrames
    from gui.takes.takes_model import ShownTake


class CompareSide(QWidget):
    """Shows one take; to be told `release()` before it goes.

    Signals:
        opened(): its frames are known.
    """

    opened = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frames: ClipFrames | None = None
        self._stills = Stills(self)
        self._title = ElidedLabel()
        self._facts = ElidedLabel()
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self.surface = VideoSurface()
        self.surface.setObjectName(f"surface_{name}")
        self.surface.setAccessibleName(f"Picture on the {name}")
        self.surface.setToolTip("")
        parts = (self._title, self.surface, self._facts)
        vbox(*parts, of=self, gap=GAP // 2, grows=self.surface)
        self._stills.opened.connect(self._on_opened)
        self._stills.imaged.connect(self._on_image)
        self._stills.failed.connect(self._on_failed)

    @property
    def frames(self) -> ClipFrames | None:
        """The frames of the take; None while they are not known."""
        return self._frames

    def show_take(self, shown: ShownTake) -> None:
        """Open a take."""
        take = shown.take
        self._frames = None
        self._title.show_text(
            take_name(shown.number)
            + (" · in the film" if shown.is_chosen else "")
            + (" · out of date" if shown.is_stale else "")
        )
        facts = (short_facts(take), seed_text(take), take.model, when_text(take))
        self._facts.show_text(" · ".join(part for part in facts if part))
        self._facts.setToolTip(self._facts.whole_text())
        self.surface.show_message("Reading the clip…")
        self._stills.open(take.path)

    def go_to(self, moment_us: int) -> None:
        """Show the frame that is seen at a moment after the first; the last one after the end."""
        if self._frames is not None:
            number = self._frames.number_at(self._frames.starts_us[0] + moment_us)
            self._stills.want(number)

    def release(self) -> None:
        """Let go of the file and the thread."""
        self._stills.release()

    @Slot(object)
    def _on_opened(self, frames: ClipFrames) -> None:
        self._frames = frames
        self.opened.emit()

    @Slot(object)
    def _on_image(self, still: Still) -> None:
        self.surface.show_image(still.image)

    @Slot(object)
    def _on_failed(self, error: StudioError) -> None:
        self.surface.show_message(str(error))
        self.opened.emit()
