"""The one queue of renders, exports and downloads, and what a person can do with it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QModelIndex,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QWidget,
)
from typing_extensions import override

from core.jobs.job_record import JobRecord, JobState
from core.platform.units import count_text
from core.video.train_lora_job import KIND as TRAIN_KIND
from gui import theme
from gui.jobs import job_text
from gui.jobs.job_details import JobDetails
from gui.jobs.job_list import movable
from gui.jobs.job_rows import FilterButtons, FilteredJobs, JobDelegate, JobFilter
from gui.jobs.jobs_controller import MoveJob
from gui.jobs.jobs_model import PREVIEW_ROLE, RECORD_ROLE, JobsModel
from gui.jobs.lost_order import LostOrder
from gui.widgets.fields import named
from gui.widgets.labels import ElidedLabel, ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.panes import Splitter

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import SignalInstance
    from PySide6.QtGui import QHideEvent, QImage, QResizeEvent, QShowEvent

    from core.errors import StudioError
    from core.lora.training import LossCurve
    from gui.jobs.job_text import ActionWords

_TICK_MS = 1000
_REFRESH_MS = 3000
_RETRIED = (JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED)


_NOTHING = {
    JobFilter.ALL: "No jobs yet. Renders, exports and downloads show up here.",
    JobFilter.ACTIVE: "Nothing runs or waits.",
    JobFilter.FAILED: "No job failed.",
}


class JobsPanel(QWidget):
    """Shows the jobs; what a person wants done with them is a signal.

    Signals:
        pause_wanted(bool): nothing new is to be started, or it goes on.
        continue_wanted(): every interrupted job goes back in line.
        cancel_wanted(tuple[str, ...]), retry_wanted(tuple[str, ...]): the ids of the jobs.
        move_wanted(MoveJob): a waiting job is to come earlier or later.
        clear_wanted(): the jobs that have ended leave the list.
        folder_wanted(Path): the folder of a finished file is to be seen.
        emptied(bool): whether there is no job at all now.
        losses_wanted(JobRecord): of this training, to be shown.
        is_tall_wanted(bool): whether something is shown that needs height.

    Attributes:
        lost: asks about the chosen job whose order is lost.
    """

    pause_wanted = Signal(object)
    continue_wanted = Signal()
    cancel_wanted = Signal(object)
    retry_wanted = Signal(object)
    move_wanted = Signal(object)
    clear_wanted = Signal()
    folder_wanted = Signal(object)
    emptied = Signal(object)
    losses_wanted = Signal(object)
    is_tall_wanted = Signal(object)

    def __init__(self, model: JobsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._jobs = FilteredJobs(model, self)
        self._list = named(
            QListView(), "jobs", "Jobs: what runs, what waits in its order, what has ended", "Jobs"
        )
        self._details = JobDetails()
        self.lost = LostOrder()
        self._nothing = named(ToneLabel(), "no_jobs")
        self._pages = QStackedWidget()
        self._halves = named(Splitter(Qt.Orientation.Horizontal), "job_halves")
        self._problem = named(ToneLabel(theme.Tone.BAD), "job_problem")
        self._news = named(ToneLabel(theme.Tone.WARNING), "interrupted_jobs")
        self._bar = QHBoxLayout()
        self._whole = named(ElidedLabel(), "queue_progress")
        self._training: JobRecord | None = None
        self._make_actions()
        self._lay_out()
        self._ticks = QTimer(self, interval=_TICK_MS)
        self._ticks.timeout.connect(self._on_tick)
        self._reads = QTimer(self, interval=_REFRESH_MS)
        self._reads.timeout.connect(model.refresh)
        for signal in (
            self._jobs.rowsInserted,
            self._jobs.rowsRemoved,
            self._jobs.rowsMoved,
            self._jobs.layoutChanged,
            self._jobs.modelReset,
            self._jobs.dataChanged,
            self._list.selectionModel().selectionChanged,
        ):
            signal.connect(self._follow)
        model.dataChanged.connect(self._follow)
        model.summary_changed.connect(self._show_whole)
        model.was_read.connect(self._show_empty)
        self._follow()

    @property
    def selected(self) -> tuple[JobRecord, ...]:
        """The chosen jobs, from top to bottom."""
        rows = sorted(self._list.selectionModel().selectedIndexes(), key=QModelIndex.row)
        return tuple(index.data(RECORD_ROLE) for index in rows)

    @Slot(object)
    def show_problem(self, error: StudioError) -> None:
        """Say above the list what could not be done; it goes with the next click."""
        self._problem.show_message(str(error))

    def show_losses(self, job_id: str, curve: LossCurve | None) -> None:
        """Show how the training goes that was asked about, if it is still the chosen job."""
        if self._training is not None and self._training.id == job_id:
            self._details.show_losses(curve)

    @Slot()
    def _forget_problem(self) -> None:
        self._problem.show_message("")

    def _make_actions(self) -> None:
        self._pause = self._action(
            "pause", "Pause", "pause",
            "Start nothing new; what runs goes on", "Ctrl+Alt+P", self._on_pause,
        )  # fmt: skip
        self._pause.setCheckable(True)
        filters = FilterButtons()
        filters.changed.connect(self._on_filter)
        self._bar.addWidget(filters)
        self._bar.addWidget(self._whole, 1)
        self._up = self._action(
            "up", "Move up", "arrow-up", "Let it run earlier", "Alt+Up", self._on_up
        )
        self._down = self._action(
            "down", "Move down", "arrow-down", "Let it run later", "Alt+Down", self._on_down
        )
        stop, retry = job_text.words_to_stop(()), job_text.words_to_retry(())
        self._cancel = self._action(
            "cancel", stop.text, stop.icon, stop.tip, "Del", self._on_cancel
        )
        self._stop_all = self._action(
            "stop_all", "Stop all", "stop-circle-outline",
            "Stop everything that runs or waits; each can be tried again", "Ctrl+Shift+Del",
            self._on_stop_all,
        )  # fmt: skip
        self._retry = self._action(
            "retry", retry.text, retry.icon, retry.tip, "Ctrl+R", self._on_retry
        )
        self._folder = self._action(
            "folder", "Open the folder", "folder-open-outline",
            "Show the finished file in its folder", "Ctrl+Return", self._on_folder,
        )  # fmt: skip
        self._copy = self._action(
            "copy", "Copy details", "content-copy", "Copy all about the chosen jobs", "Ctrl+C",
            self._on_copy,
        )  # fmt: skip
        self._clear = self._action(
            "clear", "Clear finished", "broom",
            "Take the jobs that have ended out of the list; their files stay", "Ctrl+Del",
            self.clear_wanted,
        )  # fmt: skip

    def _action(
        self,
        name: str,
        text: str,
        icon: str,
        tip: str,
        key: str,
        act: Callable[[], None] | SignalInstance,
    ) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        # In the list alone: elsewhere the same keys copy and delete other things.
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setToolTip(f"{tip} ({action.shortcut().toString()})")
        action.setIcon(theme.icon(icon))
        action.triggered.connect(self._forget_problem)
        action.triggered.connect(act)
        self._list.addAction(action)
        button = named(QToolButton(), name, says=text)
        button.setDefaultAction(action)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._bar.addWidget(button)
        return action

    def _lay_out(self) -> None:
        self._list.setModel(self._jobs)
        rows = JobDelegate(self._list)
        rows.stop_wanted.connect(self._on_stop)
        self._list.setItemDelegate(rows)
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._list.setUniformItemSizes(True)
        self._list.doubleClicked.connect(self._folder.trigger)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._continue = named(
            QToolButton(),
            "continue",
            "Put every interrupted job back in line, in the old order",
            "Continue the interrupted jobs",
        )
        self._continue.setText("Continue them")
        self._continue.clicked.connect(self._forget_problem)
        self._continue.clicked.connect(self.continue_wanted)
        self._banner = QWidget()
        hbox(self._news, self._continue, of=self._banner, gap=theme.GAP, grows=self._news)
        self._details.hide()
        self._pages.addWidget(self._list)
        # On a page of its own, since it shows itself whenever it has something to say.
        empty = QWidget()
        vbox(self._nothing, of=empty)
        self._pages.addWidget(empty)
        self._halves.addWidget(self._pages)
        self._halves.addWidget(self._details)
        self._halves.setChildrenCollapsible(False)
        self._halves.setStretchFactor(0, 3)
        self._halves.setStretchFactor(1, 2)
        self._halves.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._bar.setSpacing(2)
        self.lost.fetch_wanted.connect(self._forget_problem)
        self.lost.order_wanted.connect(self._forget_problem)
        self.lost.strike_wanted.connect(self._forget_problem)
        above = (self._bar, self._problem, self._banner, self.lost)
        vbox(*above, self._halves, of=self, gap=theme.GAP // 2, grows=self._halves)

    @Slot()
    def _follow(self) -> None:
        """Offer what can be done with the chosen jobs, and show the first of them."""
        chosen = self.selected
        waiting = movable(self._model.records, chosen[0]) if len(chosen) == 1 else []
        place = waiting.index(chosen[0].id) if waiting else 0
        self._up.setEnabled(place > 0)
        self._down.setEnabled(bool(waiting) and place < len(waiting) - 1)
        self._stop_all.setEnabled(any(not one.state.has_ended for one in self._model.records))
        stopped = [record for record in chosen if not record.state.has_ended]
        retried = [record for record in chosen if record.state in _RETRIED]
        self._cancel.setEnabled(bool(stopped))
        self._retry.setEnabled(bool(retried))
        _call(self._cancel, job_text.words_to_stop(stopped))
        _call(self._retry, job_text.words_to_retry(retried))
        self._folder.setEnabled(len(chosen) == 1 and chosen[0].path is not None)
        self._copy.setEnabled(bool(chosen))
        self.lost.show_job(chosen[0] if len(chosen) == 1 else None)
        self._clear.setEnabled(any(record.state.has_ended for record in self._model.records))
        if chosen:
            if self._details.isHidden():
                self._details.show()
                self._share_room()
            index = min(self._list.selectionModel().selectedIndexes(), key=QModelIndex.row)
            preview: QImage | None = index.data(PREVIEW_ROLE)
            self._details.show_job(chosen[0], preview)
        else:
            self._details.hide()
        self._follow_training(chosen[0] if chosen else None)
        self._pages.setCurrentIndex(0 if self._jobs.rowCount() else 1)
        self._nothing.show_message(_NOTHING[self._jobs.chosen])
        counts = Counter(record.state for record in self._model.records)
        self._show_news(counts[JobState.INTERRUPTED])
        self._show_empty()
        is_moving = counts[JobState.RUNNING] > 0 and self.isVisible()
        if is_moving != self._ticks.isActive():
            self._ticks.start() if is_moving else self._ticks.stop()

    def _follow_training(self, chosen: JobRecord | None) -> None:
        """Ask for the losses of the chosen training, anew once it stands elsewhere."""
        training = chosen if chosen is not None and chosen.kind == TRAIN_KIND else None
        before, self._training = self._training, training
        if training is None or before is None or before.id != training.id:
            self._details.show_losses(None)
        if (training is None) != (before is None):
            self.is_tall_wanted.emit(training is not None)
            self._share_room()
        if training is not None and (
            before is None or (before.id, before.state) != (training.id, training.state)
        ):
            self.losses_wanted.emit(training)

    @property
    def is_empty(self) -> bool:
        """Whether there is no job at all."""
        return not self._model.records

    @Slot(object)
    def _show_whole(self, summary: str) -> None:
        self._whole.show_text(_NOTHING[JobFilter.ALL] if self.is_empty else summary)

    @Slot()
    def _show_empty(self) -> None:
        """Without a job the line above says so, and the list takes no room."""
        if self.is_empty == self._halves.isHidden():
            return
        self._halves.setVisible(not self.is_empty)
        self._show_whole(self._model.summary)
        self.emptied.emit(self.is_empty)

    def _show_news(self, interrupted: int) -> None:
        news: list[str] = []
        if self._pause.isChecked():
            news.append("Paused: nothing new is started.")
        if interrupted:
            jobs = count_text(interrupted, "job was", "jobs were")
            news.append(f"{jobs} interrupted when the program ended.")
        self._news.show_message(" ".join(news))
        self._banner.setVisible(bool(news))
        self._continue.setVisible(interrupted > 0)

    @Slot()
    def _on_pause(self) -> None:
        is_paused = self._pause.isChecked()
        self._pause.setIcon(theme.icon("play" if is_paused else "pause"))
        self._follow()
        self.pause_wanted.emit(is_paused)

    @Slot()
    def _on_up(self) -> None:
        (record,) = self.selected
        waiting = movable(self._model.records, record)
        self._move(record, waiting[waiting.index(record.id) - 1])

    @Slot()
    def _on_down(self) -> None:
        (record,) = self.selected
        waiting = movable(self._model.records, record)
        behind = waiting[waiting.index(record.id) + 2 :]
        self._move(record, behind[0] if behind else None)

    def _move(self, record: JobRecord, before_id: str | None) -> None:
        self._model.move(record.id, before_id)
        self.move_wanted.emit(MoveJob(record.id, before_id))

    @Slot()
    def _on_cancel(self) -> None:
        self.cancel_wanted.emit(self._ids(lambda record: not record.state.has_ended))

    @Slot(object)
    def _on_stop(self, job_id: str) -> None:
        self._forget_problem()
        self.cancel_wanted.emit((job_id,))

    @Slot()
    def _on_stop_all(self) -> None:
        unended = (record for record in self._model.records if not record.state.has_ended)
        self.cancel_wanted.emit(tuple(record.id for record in unended))

    @Slot()
    def _on_retry(self) -> None:
        self.retry_wanted.emit(self._ids(lambda record: record.state in _RETRIED))

    def _ids(self, is_meant: Callable[[JobRecord], bool]) -> tuple[str, ...]:
        return tuple(record.id for record in self.selected if is_meant(record))

    @Slot()
    def _on_folder(self) -> None:
        (record,) = self.selected
        if record.path is not None:
            self.folder_wanted.emit(record.path)

    @Slot()
    def _on_copy(self) -> None:
        now = datetime.now(UTC)
        QGuiApplication.clipboard().setText(
            "\n\n".join(job_text.details(record, now) for record in self.selected)
        )

    @Slot(object)
    def _on_filter(self, chosen: JobFilter) -> None:
        self._jobs.choose(chosen)
        self._follow()

    @Slot()
    def _on_tick(self) -> None:
        """Let the passed seconds be seen."""
        self._list.viewport().update()
        self._model.tell_summary()
        self._follow()
        if self._training is not None and self._training.state is JobState.RUNNING:
            self.losses_wanted.emit(self._training)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._reads.start()
        self._follow()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._reads.stop()
        self._ticks.stop()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.width() > 1.3 * self.height()
        across = Qt.Orientation.Horizontal if is_wide else Qt.Orientation.Vertical
        if across is not self._halves.orientation():
            self._halves.setOrientation(across)
            self._share_room()

    def _share_room(self) -> None:
        """Give the details two fifths, and a curve more; from then on a person moves the edge."""
        room = self._halves.width()
        if self._halves.orientation() is Qt.Orientation.Vertical:
            room = self._halves.height()
        list_share = 3 if self._training is None else 2
        self._halves.setSizes([room * list_share // 5, room * (5 - list_share) // 5])


def _call(action: QAction, words: ActionWords) -> None:
    """Let an action and its button say this; nothing is drawn where they do already."""
    if action.text() == words.text:
        return
    action.setText(words.text)
    action.setIcon(theme.icon(words.icon))
    action.setToolTip(f"{words.tip} ({action.shortcut().toString()})")
    for widget in action.associatedObjects():
        if isinstance(widget, QToolButton):
            widget.setAccessibleName(words.text)
