"""How far the ordered pictures are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QProgressBar, QWidget

from core.jobs.job import Cancelled, Failed, Progressed, Succeeded, Terminal
from gui import theme
from gui.jobs.job_text import stage
from gui.theme import Tone
from gui.widgets.buttons import IconButton
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.errors import StudioError
    from core.jobs.job import JobUpdate

_STEPS = 1000


class ImageProgress(QWidget):
    """Follows the jobs of this room's pictures, from the wish to the last of them.

    Signals:
        stop_wanted(tuple[str, ...]): these jobs are not wanted any more.
    """

    stop_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._requests = 0
        self._jobs: dict[str, Progressed | None] = {}
        self._done = 0
        self._problem = ""
        self._words = ToneLabel()
        self._bar = QProgressBar()
        self._bar.setAccessibleName("How far the pictures are")
        self._bar.setTextVisible(False)
        self._bar.setMaximumHeight(theme.GAP)
        self._stop = IconButton("image_stop", "stop-circle-outline", "Stop making these pictures")
        self._stop.clicked.connect(self._on_stop)
        line = hbox(self._bar, self._stop, gap=theme.GAP, grows=self._bar)
        vbox(self._words, line, of=self, gap=theme.GAP // 2)
        self._show()

    @property
    def job_ids(self) -> tuple[str, ...]:
        """The jobs that have not ended."""
        return tuple(self._jobs)

    def begin(self) -> None:
        """Pictures are about to be queued; what was told of earlier ones is over."""
        self._requests += 1
        self._problem = ""
        self._show()

    def expect(self, job_ids: Sequence[str]) -> None:
        """These jobs are about to be queued."""
        self._jobs.update(dict.fromkeys(job_ids))
        self._show()

    def settle(self, not_queued: Sequence[str] = (), error: StudioError | None = None) -> None:
        """What was begun has been queued, but for these jobs.

        Args:
            not_queued: of those that were expected.
            error: why they could not be queued.
        """
        self._requests -= 1
        if error is not None:
            self._problem = str(error)
        for job_id in not_queued:
            self._jobs.pop(job_id, None)
        self._show()

    def complain(self, error: StudioError) -> None:
        """Say what could not be done."""
        self._problem = str(error)
        self._show()

    def on_event(self, update: JobUpdate) -> None:
        """Take what happened to a job."""
        if update.job_id not in self._jobs:
            return
        match update.event:
            case Progressed() as progress:
                self._jobs[update.job_id] = progress
            case (Succeeded() | Failed() | Cancelled()) as end:
                self._end(update.job_id, end)
            case _:
                return
        self._show()

    def _end(self, job_id: str, end: Terminal) -> None:
        del self._jobs[job_id]
        self._done += 1
        if isinstance(end, Failed):
            self._problem = str(end.error)
        if not self._jobs:
            self._done = 0

    def _show(self) -> None:
        is_busy = bool(self._jobs or self._requests)
        self._bar.setVisible(is_busy)
        self._stop.setVisible(bool(self._jobs))
        lines = [self._problem, self._at_work() if is_busy else ""]
        self._words.show_message(
            "\n".join(filter(None, lines)), Tone.BAD if self._problem else Tone.QUIET
        )
        self.setVisible(is_busy or bool(self._problem))
        begun = [progress for progress in self._jobs.values() if progress is not None]
        if not begun and not self._done:
            self._bar.setRange(0, 0)
            return
        share = sum(progress.fraction or 0.0 for progress in begun)
        self._bar.setRange(0, _STEPS)
        self._bar.setValue(round(_STEPS * (self._done + share) / self._total))

    @property
    def _total(self) -> int:
        return max(1, self._done + len(self._jobs))

    def _at_work(self) -> str:
        if not self._jobs:
            return "Putting it into the queue…"
        running = next((item for item in self._jobs.values() if item is not None), None)
        words = "Waiting in the queue" if running is None else stage(running)
        if self._total == 1:
            return words
        return f"Picture {self._done + 1} of {self._total}: {words}"

    @Slot()
    def _on_stop(self) -> None:
        self.stop_wanted.emit(self.job_ids)
