"""The list of jobs for views: read from the journal once, then kept up to date by events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QImage, QImageReader
from typing_extensions import override

from core.jobs.job import Progressed, Queued
from core.jobs.job_record import JobState
from gui.jobs import job_text
from gui.jobs.job_list import NO_JOBS, after, in_order, summary_of, with_progress_of
from gui.jobs.queue_progress import progress_of
from gui.widgets.row_changes import change_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.errors import StudioError
    from core.jobs.job import CancelToken, JobUpdate
    from core.jobs.job_record import JobRecord
    from gui.background import Background

    # What a job is called, or None where that is not known.
    NameOf = Callable[[JobRecord], str | None]

KEPT_ENDED = 300
"""How many jobs that have ended are shown, the newest."""
RECORD_ROLE = Qt.ItemDataRole.UserRole
PREVIEW_ROLE = Qt.ItemDataRole.UserRole + 1

_Index = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()


class JobsModel(QAbstractListModel):
    """One row for a job: what runs first, then what waits in its order, then what has ended.

    Signals:
        was_read(): the rows are those of the journal.
        summary_changed(str): where the queue stands is said in other words now.
        finished(QueueProgress): the last of the jobs that ran and waited has ended.
        message(Line): something happened that the status console says.
        failed(StudioError): the journal could not be read.
    """

    was_read = Signal()
    summary_changed = Signal(object)
    finished = Signal(object)
    message = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        read: Callable[[int], Sequence[JobRecord]],
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        """Start empty.

        Args:
            read: gives the jobs with that many of the ended ones; called in another thread.
            background: for reading.
            parent: the owner.
        """
        super().__init__(parent)
        self._read = read
        self._background = background
        self._records: list[JobRecord] = []
        self._previews: dict[str, QImage] = {}
        self._preview_paths: dict[str, Path] = {}
        self._held: list[JobUpdate] = []
        self._held_before = 0
        self._is_reading = False
        self._reads_again = False
        self._summary = NO_JOBS
        self._is_busy = False
        self._name_of: NameOf | None = None

    def name_jobs(self, name_of: NameOf | None) -> None:
        """Call jobs as this says, where it knows them: by the scene that they are for."""
        self._name_of = name_of
        self.refresh()

    def _named(self, record: JobRecord) -> JobRecord:
        name = None if self._name_of is None else self._name_of(record)
        return replace(record, title=name) if name else record

    @property
    def records(self) -> tuple[JobRecord, ...]:
        """The jobs in the order of the rows."""
        return tuple(self._records)

    @property
    def summary(self) -> str:
        """Where the queue stands, in a few words."""
        return self._summary

    def find(self, job_id: str) -> JobRecord | None:
        """The job of that id, where it is in the list."""
        return next((record for record in self._records if record.id == job_id), None)

    @override
    def rowCount(self, parent: _Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self._records)

    @override
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        record = self._records[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return record.title
            case Qt.ItemDataRole.ToolTipRole:
                return f"{record.title}\n{job_text.status(record)}"
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{record.title}: {job_text.status(record)}"
            case int() if role == RECORD_ROLE:
                return record
            case int() if role == PREVIEW_ROLE:
                return self._previews.get(record.id)
            case _:
                return None

    @Slot()
    def refresh(self) -> None:
        """Read the journal anew, for what other processes do and what no event tells."""
        if self._is_reading:
            self._reads_again = True
            return
        self._is_reading = True
        self._held_before = len(self._held)

        def work(_: CancelToken) -> Sequence[JobRecord]:
            return self._read(KEPT_ENDED)

        self._background.run(work, self._on_read, self._on_not_read)

    @Slot(object)
    def take(self, news: JobUpdate) -> None:
        """Take in what the queue says."""
        record = self.find(news.job_id)
        if isinstance(news.event, Progressed) and record and record.state is JobState.RUNNING:
            # Shown at once, as everywhere else: what is read knows it later.
            self._apply(news)
        elif self._is_reading or record is None or isinstance(news.event, Queued):
            # What is being read may be older than this.
            self._held.append(news)
            if not self._is_reading:
                self.refresh()
            return
        else:
            self._apply(news)
        self.tell_summary()

    def move(self, job_id: str, before_id: str | None) -> None:
        """Show a waiting job in its new place already; the journal follows."""
        record = self.find(job_id)
        if record is None or job_id == before_id:
            return
        others = [other for other in self._records if other.id != job_id]
        ids = [other.id for other in others]
        place = ids.index(before_id) if before_id in ids else len(others)
        others.insert(place, record)
        self._show(in_order(others))

    def _on_read(self, read: Sequence[JobRecord]) -> None:
        known = {record.id: record for record in self._records}
        self._show(
            in_order([self._named(with_progress_of(known.get(new.id), new)) for new in read])
        )
        self._end_reading()

    def _on_not_read(self, error: StudioError) -> None:
        self.failed.emit(error)
        self._end_reading()

    def _end_reading(self) -> None:
        self._is_reading = False
        held, self._held = self._held, []
        for place, news in enumerate(held):
            if self.find(news.job_id) is not None:
                self._apply(news, is_read=place < self._held_before)
            elif place >= self._held_before:
                # It came while the journal was being read; the next reading knows the job.
                self._held.append(news)
        self.tell_summary()
        self.was_read.emit()
        if self._held or self._reads_again:
            self._reads_again = False
            self.refresh()

    def _apply(self, news: JobUpdate, *, is_read: bool = False) -> None:
        """Let an event change its job; what is read already is in the journal before it is told."""
        record = self.find(news.job_id)
        if record is None:
            return
        now = datetime.now(UTC)
        if isinstance(news.event, Progressed):
            row = self._records.index(record)
            self._records[row] = after(record, news.event, now)
            self.dataChanged.emit(self.index(row), self.index(row))
            preview = news.event.preview
            if preview is not None and preview != self._preview_paths.get(record.id):
                self._preview_paths[record.id] = preview
                self._load_preview(record.id, preview)
            return
        if not is_read:
            record = after(record, news.event, now)
            records = [record if other.id == record.id else other for other in self._records]
            self._show(in_order(records))
        line = job_text.status_line(record, news.event)
        if line is not None:
            self.message.emit(line)

    def _show(self, records: Sequence[JobRecord]) -> None:
        for record in records:
            if record.state is not JobState.RUNNING:
                self._previews.pop(record.id, None)
                self._preview_paths.pop(record.id, None)
        change_rows(self, self._records, records, _ids_of)

    def _load_preview(self, job_id: str, path: Path) -> None:
        def work(_: CancelToken) -> QImage:
            return QImageReader(str(path), b"PNG").read()

        def show(image: QImage) -> None:
            record = self.find(job_id)
            # The job may have ended and taken its folder with it.
            if record is None or record.state is not JobState.RUNNING or image.isNull():
                return
            self._previews[job_id] = image
            index = self.index(self._records.index(record))
            self.dataChanged.emit(index, index)

        self._background.run(work, show, lambda _: None, key=f"preview of {job_id}")

    @Slot()
    def tell_summary(self) -> None:
        """Say where the queue stands by now, and when it has come to its end."""
        now = datetime.now(UTC)
        summary = summary_of(self._records, now)
        if summary != self._summary:
            self._summary = summary
            self.summary_changed.emit(summary)
        whole = progress_of(self._records, now)
        was_busy, self._is_busy = self._is_busy, not whole.is_over
        if was_busy and whole.is_over and whole.total:
            self.finished.emit(whole)


def _ids_of(records: Sequence[JobRecord]) -> list[str]:
    return [record.id for record in records]
