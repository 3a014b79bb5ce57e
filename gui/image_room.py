"""The image tab: pictures from words, and their way into the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QFile, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QMessageBox, QProgressBar, QVBoxLayout, QWidget

from core.errors import OutputError, UnsupportedRequest
from core.jobs import Cancelled, Failed, Progressed, Succeeded
from core.project.from_record import request_again
from core.project.project import RenderChoices
from core.video.provider import Ready
from gui import theme
from gui.image_gallery import GalleryUse, ImageGallery
from gui.image_order_box import ImageOrderBox
from gui.price_question import agree_to_price
from gui.video.offers import read_offers
from gui.video.plan_fixes import Situation
from gui.video.plan_text import PlanText, describe_plan, describe_problems

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.history_entry import HistoryEntry
    from core.jobs import CancelToken
    from core.studio import PlannedRender, Studio
    from core.video.image_order import ImageOrder
    from core.video.request import RenderRequest
    from gui.background import Background
    from gui.job_bridge import JobNews
    from gui.thumbnail_source import ThumbnailSource
    from gui.video.offers import ModelOffer, Offer
    from gui.widgets.thumbnails import Thumbnails

_PLAN_AFTER_MS = 250
_ORDER_WIDTH = 380


class ImageRoom(QWidget):
    """Made when it is first seen.

    Signals:
        use_wanted(GalleryUse): a picture is wanted in the open project.
        fix_wanted(Fix): what only another room can mend.
        failed(StudioError)
    """

    use_wanted = Signal(object)
    fix_wanted = Signal(object)
    failed = Signal(object)

    def __init__(self, studio: Studio, background: Background, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._studio = studio
        self._background = background
        self._thumbnails = thumbnails
        self._jobs: set[str] = set()
        self._is_made = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PLAN_AFTER_MS)
        self._timer.timeout.connect(self._plan)

    def begin(self) -> None:
        """Show the room."""
        if self._is_made:
            self.gallery.reload()
            return
        self._is_made = True
        self.order = ImageOrderBox()
        self.order.setMaximumWidth(_ORDER_WIDTH)
        self.gallery = ImageGallery(
            self._studio.history, self._background, cast("ThumbnailSource", self._thumbnails)
        )
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setMaximumHeight(theme.GAP)
        self._bar.hide()
        left = QVBoxLayout()
        left.addWidget(self.order, 1)
        left.addWidget(self._bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.EDGE, theme.EDGE, theme.EDGE, theme.EDGE)
        row.setSpacing(theme.EDGE)
        row.addLayout(left, 2)
        row.addWidget(self.gallery, 5)
        self.order.changed.connect(self._timer.start)
        self.order.make_wanted.connect(self._make)
        self.order.line.fix_wanted.connect(self.fix_wanted)
        self.order.line.set_nothing("Describe a picture to see what it takes.")
        self.gallery.use_wanted.connect(self.use_wanted)
        self.gallery.show_file_wanted.connect(self._show_file)
        self.gallery.again_wanted.connect(self._make_again)
        self.gallery.trash_wanted.connect(self._ask_trash)
        self.gallery.chosen.connect(self._on_chosen)
        self.gallery.reload()
        self.read_offers()

    @Slot()
    def read_offers(self) -> None:
        """Look again at what there is to make pictures with."""
        if self._is_made:
            self._background.run(
                lambda cancel: read_offers(self._studio.registry, cancel),
                self._take_offers,
                self.failed.emit,
                key="image-offers",
            )

    def _take_offers(self, offers: tuple[Offer, ...]) -> None:
        self.order.set_offers(offers)

    @Slot()
    def _plan(self) -> None:
        order, model = self.order.value(), self.order.model
        if not order.prompt.strip():
            self.order.line.set_nothing("Describe a picture to see what it takes.")
            return
        self.order.line.set_checking()
        self._background.run(
            lambda _: _outlook(self._studio, order, model),
            self.order.line.set_text,
            self.failed.emit,
            key="image-plan",
        )

    @Slot(object)
    def _make(self, order: ImageOrder) -> None:
        self._offer(order.requests)

    @Slot(object)
    def _make_again(self, entry: HistoryEntry) -> None:
        record = entry.clip_record
        if record is not None:
            self._offer((request_again(record),))

    def _offer(self, requests: Sequence[RenderRequest]) -> None:
        """Plan these pictures, ask about their price where they have one, and queue them."""

        def plan(cancel: CancelToken) -> list[PlannedRender]:
            planned: list[PlannedRender] = []
            for request in requests:
                cancel.check()
                planned.append(self._studio.plan_still(request))
            return planned

        self._background.run(plan, self._order_planned, self.failed.emit)

    def _order_planned(self, planned: list[PlannedRender]) -> None:
        if agree_to_price(self, planned):
            self._background.run(
                lambda _: [self._studio.submit_render(one) for one in planned],
                self._queued,
                self.failed.emit,
            )

    def _queued(self, ids: list[str]) -> None:
        self._jobs.update(ids)
        self._bar.setRange(0, 0)
        self._bar.setVisible(bool(self._jobs))

    @Slot(object)
    def hear(self, news: JobNews) -> None:
        """Show how far the pictures are, and the finished ones."""
        if news.job_id not in self._jobs:
            return
        match news.event:
            case Progressed(fraction=float(fraction)):
                self._bar.setRange(0, 1000)
                self._bar.setValue(round(fraction * 1000))
            case Succeeded() | Failed() | Cancelled():
                self._jobs.discard(news.job_id)
                self._bar.setVisible(bool(self._jobs))
                # The history is told by the queue as well, a moment sooner or later.
                QTimer.singleShot(_PLAN_AFTER_MS, self.gallery.reload)
            case _:
                pass

    @Slot(object)
    def _on_chosen(self, entry: HistoryEntry | None) -> None:
        self.order.set_last_seed(None if entry is None else entry.seed)

    @Slot(object)
    def _show_file(self, path: Path) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))

    @Slot(object)
    def _ask_trash(self, entry: HistoryEntry) -> None:
        question = f"Move {entry.path.name!r} to the trash?"
        if QMessageBox.question(self, "Pictures", question) != QMessageBox.StandardButton.Yes:
            return

        def remove(_: CancelToken) -> None:
            if not QFile.moveToTrash(str(entry.path)):
                raise OutputError(
                    f"{str(entry.path)!r} cannot be moved to the trash.",
                    hint="Delete it in its folder.",
                )
            # Its record goes with it; one that lies elsewhere or is gone already is no loss.
            QFile.moveToTrash(str(entry.path.with_suffix(".json")))
            self._studio.history.remove(entry.id)

        self._background.run(remove, lambda _: self.gallery.reload(), self.failed.emit)


def _outlook(studio: Studio, order: ImageOrder, model: ModelOffer | None) -> PlanText:
    request = order.requests[0]
    try:
        planned = studio.plan_still(request)
    except UnsupportedRequest as error:
        situation = Situation(
            target=request.target,
            choices=RenderChoices(target=request.target),
            spec=None if model is None else model.spec,
            info=studio.registry.find(request.target),
            readiness=Ready() if model is None else model.readiness,
        )
        return describe_problems(error.problems, situation)
    info = studio.registry.find(planned.plan.target)
    return describe_plan(planned.plan, info, planned.readiness, studio.read_machine())


__all__ = ["GalleryUse", "ImageRoom"]
