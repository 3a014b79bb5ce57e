"""The history with what its buttons do: play, show, make again, open the settings in a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from core.errors import UnsupportedRequest
from core.film.model.delivery import ExportOrder
from core.jobs.job import Succeeded
from core.media.output import find_free_name
from core.project.render.rerender import FromRecord, choices_of, plan_again
from gui.render.render_agreement import agree, can_start
from gui.widgets.file_field import show_in_desktop
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import CancelToken, JobUpdate
    from core.studio import Studio
    from core.video.planning.render_planner import PlannedRender
    from core.video.record import ClipRecord
    from gui.background import Background
    from gui.history.history_tab import HistoryTab
    from gui.widgets.thumbnails import Thumbnails


class HistoryPage(QWidget):
    """Everything that was ever made.

    Signals:
        recipe_wanted(FromRecord): settings to be opened in the project.
        message(str): a sentence for the status console.
        failed(StudioError): a wish cannot be fulfilled.
        fix_wanted(Fix): what only another room can mend.
    """

    recipe_wanted = Signal(object)
    fix_wanted = Signal(object)
    message = Signal(object)
    failed = Signal(object)

    def __init__(self, studio: Studio, background: Background, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._studio = studio
        self._background = background
        self._tab: HistoryTab | None = None
        self._thumbnails = thumbnails

    def begin(self) -> None:
        """Make the list when it is first seen, and read it anew from then on."""
        if self._tab is not None:
            self._tab.reload()
            return
        # Loaded late, when the room is first seen.
        from gui.history.history_tab import HistoryTab

        self._tab = HistoryTab(self._studio.history, self._background, self._thumbnails)
        details = self._tab.details
        details.play.wanted.connect(self._play)
        details.show_file.wanted.connect(self._show_file)
        details.again.wanted.connect(self._make_again)
        details.edit.wanted.connect(self._open_settings)
        vbox(self._tab, of=self)
        self._tab.begin()

    @Slot(object)
    def on_event(self, update: JobUpdate) -> None:
        """Show what has just been made."""
        if self._tab is not None and isinstance(update.event, Succeeded):
            self._tab.reload()

    @Slot(object)
    def _play(self, path: Path) -> None:
        from gui.player.play_dialog import PlayDialog

        PlayDialog(path, self).open()

    @Slot(object)
    def _show_file(self, path: Path) -> None:
        show_in_desktop(path.parent)

    @Slot(object)
    def _make_again(self, made: ClipRecord | ExportOrder) -> None:
        if isinstance(made, ExportOrder):
            self._background.run(
                lambda cancel: self._export_again(made, cancel), self._queued, self.failed.emit
            )
            return

        self._background.run(
            lambda _: plan_again(self._studio, made), self._order_planned, self.failed.emit
        )

    def _export_again(self, order: ExportOrder, cancel: CancelToken) -> str:
        order = order.model_copy(update={"path": find_free_name(order.path)})
        return self._studio.submit_export(self._studio.plan_export(order, cancel))

    def _order_planned(self, planned: PlannedRender) -> None:
        can = can_start(self, self._studio.registry, [planned], self.fix_wanted.emit)
        if can and agree(self, [planned]):
            self._background.run(
                lambda _: self._studio.submit_render(planned), self._queued, self.failed.emit
            )

    def _queued(self, _: str) -> None:
        self.message.emit("It is in the queue and will be made with the very same settings.")

    def _recipe(self, record: ClipRecord) -> FromRecord:
        try:
            spec = self._studio.registry.spec(record.request.target)
        except UnsupportedRequest:
            # Of another machine or version: what was asked for is all that can be told.
            spec = None
        return choices_of(record, spec)

    @Slot(object)
    def _open_settings(self, record: ClipRecord) -> None:
        self._background.run(
            lambda _: self._recipe(record), self.recipe_wanted.emit, self.failed.emit
        )
