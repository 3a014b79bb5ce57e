"""The lower part of the window: the one queue, the threads that work for it, and the console."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Signal, Slot
from PySide6.QtWidgets import QSplitter, QTabWidget, QWidget

from core.jobs.job_record import JobState
from core.jobs.lanes import Lane
from core.platform.units import count_text
from gui import theme
from gui.jobs.job_bridge import JobBridge
from gui.jobs.jobs_controller import JobsController
from gui.jobs.jobs_model import JobsModel
from gui.jobs.jobs_panel import JobsPanel
from gui.jobs.status_console import StatusConsole
from gui.theme import Tone
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.errors import StudioError
    from core.jobs.job_record import JobRecord
    from core.jobs.queue import JobQueue
    from core.studio import Studio
    from gui.background import Background
    from gui.jobs.job_text import Line
    from gui.jobs.jobs_model import NameOf
    from gui.jobs.queue_progress import QueueProgress

_WORTH_ASKING_S = 30.0
# An order of an image ends within 15 minutes, answered or not.
_LONGEST_ANSWER_S = 960.0
_TALL = 320
# What Qt itself takes for no limit.
_ANY_HEIGHT = (1 << 24) - 1


@dataclass(frozen=True)
class _Lent:
    """Height that was taken for a while: what it was before, and what it became."""

    before: int
    height: int


class JobsArea(QWidget):
    """Jobs and console; the queue is opened beside the main thread once the window is seen.

    Signals:
        news(JobUpdate): something happened to a job.
        summary_changed(str): where the queue stands.
        finished(QueueProgress): the last of the jobs that ran and waited has ended.
        ready(): the queue is open, and what an earlier window left is in line again.
    """

    news = Signal(object)
    summary_changed = Signal(object)
    finished = Signal(object)
    ready = Signal()

    def __init__(self, studio: Studio, background: Background, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio = studio
        self._background = background
        self._bridge: JobBridge | None = None
        self._workers: Workers | None = None
        self.is_ready = False
        self.console = StatusConsole()
        self._model = JobsModel(lambda ended: studio.queue.jobs(ended), background, self)
        self._model.message.connect(self._show_message)
        self._model.summary_changed.connect(self.summary_changed)
        self._model.finished.connect(self._on_finished)
        self._model.failed.connect(self.complain)
        self._panel = JobsPanel(self._model)
        self._panel.setObjectName("jobs_panel")
        self._tabs = QTabWidget()
        self._tabs.setObjectName("jobs_tabs")
        self._tabs.setDocumentMode(True)
        self._tabs.addTab(self._panel, "Jobs")
        self._tabs.addTab(self.console, "Console")
        vbox(self._tabs, of=self)
        self._is_read = False
        self._usual_height: int | None = None
        self._model.was_read.connect(self._on_read)
        self._panel.emptied.connect(self._fit)
        self._lent: _Lent | None = None
        self._panel.is_tall_wanted.connect(self._make_room)
        self._tabs.currentChanged.connect(self._fit)

    @Slot()
    def _on_read(self) -> None:
        self._is_read = True
        self._fit()

    @Slot()
    def _fit(self, _: object = None) -> None:
        """Take no more room than the buttons need while there is no job to show."""
        is_chosen = self._tabs.currentWidget() is self._panel
        if not (self._is_read and is_chosen and self._panel.is_empty):
            self.open_up()
        elif self._usual_height is None:
            self._usual_height = self.height()
            # Not the tabs' own: they think of the console too, which is not seen.
            tabs = self._tabs.tabBar().sizeHint().height()
            # What has just been hidden is forgotten only with the next turn of the event loop.
            layout = self._panel.layout()
            if layout is not None:
                layout.invalidate()
            height = tabs + self._panel.minimumSizeHint().height() + theme.GAP
            self.setMaximumHeight(height)
            self._take(height)

    def open_up(self) -> None:
        """Be as high as a person made it."""
        height, self._usual_height = self._usual_height, None
        if height is not None:
            self.setMaximumHeight(_ANY_HEIGHT)
            self._take(height)

    @Slot(object)
    def _make_room(self, is_tall: bool) -> None:
        """Be high enough for a curve while one is shown, and then as before."""
        if is_tall and self.height() < _TALL:
            before = self.height()
            self._take(_TALL)
            self._lent = _Lent(before, self.height())
        elif not is_tall and self._lent is not None:
            lent, self._lent = self._lent, None
            if self.height() == lent.height:
                # Else a person has moved the edge meanwhile.
                self._take(lent.before)

    def _take(self, height: int) -> None:
        around = self.parentWidget()
        if isinstance(around, QSplitter):
            around.setSizes([sum(around.sizes()) - height, height])

    def begin(self) -> None:
        """Open the queue, go on with what was interrupted, and begin to work."""
        self._background.run(lambda _: self._studio.queue, self._opened, self.complain)

    def _opened(self, queue: JobQueue) -> None:
        for note in queue.notes:
            self.console.show_message(note, Tone.WARNING)
        self._bridge = JobBridge(queue.subscribe, self)
        self._bridge.news.connect(self._model.take)
        self._bridge.news.connect(self.news)
        controller = JobsController(self._studio, self._background, parent=self)
        controller.changed.connect(self._model.refresh)
        controller.serve(self._panel)
        self._workers = Workers(queue, self)
        self._background.run(lambda _: queue.resume_all(), self._resumed, self.complain)

    def _resumed(self, ids: Sequence[str]) -> None:
        if ids:
            go = count_text(
                len(ids), "job of an earlier session goes", "jobs of an earlier session go"
            )
            self.console.show_message(f"{go} on.", Tone.GOOD)
        self._model.refresh()
        if self._workers is not None:
            self._workers.start()
        self.is_ready = True
        self.ready.emit()

    def follow_settings(self) -> None:
        """Have as many threads as the settings now let jobs run at once, and show their order."""
        if self._workers is not None and self.is_ready:
            self._workers.start()
            self._model.refresh()

    @Slot(object)
    def complain(self, error: StudioError) -> None:
        """Say on the console what went wrong."""
        self.console.show_message(str(error), Tone.BAD)

    @Slot(object)
    def _show_message(self, line: Line) -> None:
        self.console.show_message(line.text, line.tone)

    def name_jobs(self, name_of: NameOf | None) -> None:
        """Call jobs as the open project does; by their own names where it is closed."""
        self._model.name_jobs(name_of)

    @Slot(object)
    def _on_finished(self, whole: QueueProgress) -> None:
        if whole.total > 1:
            is_good = whole.counts[JobState.SUCCEEDED] == whole.total
            tone = Tone.GOOD if is_good else Tone.WARNING
            self.console.show_message(f"The queue is empty: {whole.text}.", tone)
        self.finished.emit(whole)

    @property
    def losing(self) -> tuple[JobRecord, ...]:
        """Jobs whose work so far would be lost by stopping now; they begin again at the next start.

        Exports keep their finished pieces, trainings their checkpoints, and services go on without
        us.
        """
        now = datetime.now(UTC)
        return tuple(
            record
            for record in self._model.records
            if record.state is JobState.RUNNING
            and record.lane is Lane.GPU
            and not record.goes_on
            and record.started_at is not None
            and (now - record.started_at).total_seconds() > _WORTH_ASKING_S
        )

    def close_down(self) -> None:
        """Stop what runs; it goes on at the next start."""
        if self._bridge is not None:
            self._bridge.close()
        if self._workers is not None:
            self._workers.stop()


class RenderWorker(QThread):
    """One place of one lane."""

    def __init__(self, queue: JobQueue, lane: Lane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self.lane = lane

    def run(self) -> None:
        """Work until the queue is closed."""
        self._queue.run(self.lane)


class Workers(QObject):
    """As many workers as the queue has places."""

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._workers: list[RenderWorker] = []
        self._has_stopped = False

    @Slot()
    def start(self) -> None:
        """Begin to work; called again, it follows places that have become more."""
        if self._has_stopped:
            return
        for lane, places in self._queue.places.items():
            # Too many do no harm: the journal lets no more jobs run than there are places.
            missing = places - sum(worker.lane is lane for worker in self._workers)
            for _ in range(missing):
                worker = RenderWorker(self._queue, lane, self)
                self._workers.append(worker)
                worker.start()

    def stop(self, timeout_s: float = _LONGEST_ANSWER_S) -> bool:
        """Stop what runs, to be resumed at the next start, and wait; whether all has ended.

        Only an image for which a service was just paid is waited for so long: no second answer
        brings it.

        Threads that have not ended must be kept: Qt ends the program with the object of a thread.
        """
        self._has_stopped = True
        self._queue.close()
        until = time.monotonic() + timeout_s
        return all(
            worker.wait(max(0, round((until - time.monotonic()) * 1000)))
            for worker in self._workers
        )
