"""The image tab with what its buttons do: plan, make, make again, throw away."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from core.errors import UnsupportedRequest
from core.history.marks import marks_file
from core.history.prompt_history import PromptHistory
from core.jobs.job import SubjectKind, Succeeded
from core.jobs.lanes import PLACES
from core.jobs.queue import new_job_id
from core.metadata.ai_marks import read_marks
from core.platform.units import clock
from core.project.model.project import RenderChoices
from core.project.render.rerender import plan_again
from core.routing.route_plan import Fallbacks, route_sentences
from core.video.listing import read_listing
from core.video.planning.render_planner import total_usd
from core.video.provider import Ready
from core.video.record import read_sidecar
from core.video.request import in_batch
from core.video.terms import OutputKind
from gui.render.plan_fixes import PlanContext
from gui.render.plan_text import PlanText, cap_issues, describe_plan, describe_problems
from gui.render.render_agreement import agree, can_start
from gui.widgets.file_field import show_in_desktop
from gui.widgets.layouts import vbox
from gui.widgets.trash import TrashedFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.errors import StudioError
    from core.history.history_entry import HistoryEntry
    from core.jobs.job import CancelToken, JobUpdate
    from core.studio import Studio
    from core.video.listing import ListedModel, ModelListing
    from core.video.plan import RenderPlan
    from core.video.planning.render_planner import PlannedRender
    from core.video.record import ClipRecord
    from core.video.request import RenderRequest
    from gui.background import Background
    from gui.images.grid_controller import GridController
    from gui.images.image_batch import ImageBatch
    from gui.images.image_tab import ImageTab
    from gui.images.mask_editor.mask_controller import MaskController
    from gui.images.prompt_controller import PromptController
    from gui.widgets.thumbnails import Thumbnails

_PLAN_AFTER_MS = 250
_Button = QMessageBox.StandardButton


class ImagePage(QWidget):
    """Pictures from words, and their way into the project; made when it is first seen.

    Signals:
        use_wanted(GalleryUse): a picture is wanted in the open project.
        fix_wanted(Fix): what only another room can mend.
    """

    use_wanted = Signal(object)
    fix_wanted = Signal(object)

    def __init__(self, studio: Studio, background: Background, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._studio = studio
        self._background = background
        self._thumbnails = thumbnails
        self.tab: ImageTab | None = None
        self._grid: GridController | None = None
        self._prompts: PromptController | None = None
        self._masks: MaskController | None = None
        self._pause = QTimer(self, singleShot=True, interval=_PLAN_AFTER_MS)
        self._pause.timeout.connect(self._plan)

    def begin(self) -> None:
        """Make the tab when it is first seen, and read the pictures anew from then on."""
        if self.tab is not None:
            self.tab.gallery.reload()
            return
        # Loaded late, when the room is first seen.
        from gui.images.grid_controller import GridController
        from gui.images.image_tab import ImageTab
        from gui.images.prompt_controller import PromptController

        self.tab = tab = ImageTab(
            self._studio.history,
            self._background,
            self._thumbnails,
            PromptHistory(self._studio.paths.prompts_file),
        )
        tab.order.changed.connect(self._on_changed)
        tab.make_wanted.connect(self._make)
        tab.fix_wanted.connect(self.fix_wanted)
        tab.order.mask_wanted.connect(self._paint_mask)
        tab.order.preview_wanted.connect(self._read_preview)
        tab.progress.stop_wanted.connect(self._stop)
        tab.details.use_wanted.connect(self.use_wanted)
        tab.details.again.wanted.connect(self._make_again)
        tab.details.show_file.wanted.connect(self._show_file)
        tab.details.trash.wanted.connect(self._on_trash)
        tab.gallery.trash_wanted.connect(self._ask_trash)
        self._grid = GridController(self._studio, self._background, tab, self.fix_wanted.emit)
        self._prompts = PromptController(self._studio, self._background, tab)
        tab.details.settings.wanted.connect(self._prompts.use_settings)
        tab.gallery.chosen.connect(self._read_marks)
        vbox(tab, of=self)
        tab.gallery.begin()
        tab.prompts.begin()
        self.read_models()

    @Slot()
    def read_models(self) -> None:
        """Look again at what there is to make pictures with."""
        if self.tab is not None:
            self._background.run(
                lambda cancel: read_listing(
                    self._studio.registry, cancel, weighs=False, asks_keyring=False
                ),
                self._take_listing,
                self.tab.progress.complain,
                key="image-models",
            )

    def _take_listing(self, listing: ModelListing) -> None:
        if self.tab is not None:
            self.tab.order.set_listing(listing.making(OutputKind.IMAGE))
            if self._grid is not None and self._prompts is not None:
                self._grid.refresh()
                self._prompts.read_loras()
            self._pause.start()

    @Slot(object)
    def _on_changed(self, _: ImageBatch) -> None:
        self._pause.start()

    @Slot()
    def _plan(self) -> None:
        tab = self.tab
        if tab is None or not tab.order.can_be_made:
            return
        studio, order, model = self._studio, tab.value(), tab.order.model

        def arrived(text: PlanText) -> None:
            # The words may have been taken back meanwhile.
            if tab.order.can_be_made:
                tab.show_plan(text)

        tab.line.set_checking()
        self._background.run(
            lambda _: _estimate(studio, order, model),
            arrived,
            tab.progress.complain,
            key="image-plan",
        )

    @Slot()
    def _paint_mask(self) -> None:
        """Open the editor over the image that is edited; its mask becomes the order's."""
        tab = self.tab
        if tab is None:
            return
        # Imported late, when the first mask is painted.
        from gui.images.mask_editor.mask_controller import MaskController, MaskOrder

        if self._masks is None:
            self._masks = MaskController(self._background, self)
        order = tab.value()
        self._masks.paint(
            MaskOrder(
                order.images[0],
                order.mask,
                self._studio.paths.masks_dir,
                partial(tab.order.put, "mask"),
                tab.progress.complain,
            )
        )

    @Slot(object)
    def _read_preview(self, path: Path) -> None:
        """Read an image for its frame; what is wrong with one is told by the plan."""
        # Imported late, when the tab is first seen.
        from gui.images.outpaint_frame import read_framed

        if self.tab is not None:
            show = partial(self.tab.order.show_preview, path)
            self._background.run(
                lambda _: read_framed(path), show, lambda _: show(None), key="image-preview"
            )

    @Slot(object)
    def _make(self, order: ImageBatch) -> None:
        studio = self._studio
        if self.tab is not None:
            self.tab.prompts.add(order)

        def plan(cancel: CancelToken) -> list[PlannedRender]:
            planned: list[PlannedRender] = []
            for request in in_batch(order.requests):
                cancel.check()
                planned.append(_planned(studio, request))
            return planned

        self._begin(plan)

    @Slot(object)
    def _make_again(self, record: ClipRecord) -> None:
        self._begin(lambda _: [plan_again(self._studio, record)])

    def _begin(self, plan: Callable[[CancelToken], Sequence[PlannedRender]]) -> None:
        if self.tab is not None:
            tab = self.tab
            tab.progress.begin()
            self._background.run(
                plan,
                lambda planned: self._agree(planned, tab),
                lambda error: tab.progress.settle((), error),
            )

    def _agree(self, planned: Sequence[PlannedRender], tab: ImageTab) -> None:
        """Queue free pictures at once, and others when a person agrees to their price."""
        studio = self._studio
        progress, gallery = tab.progress, tab.gallery
        can = can_start(self, studio.registry, planned, self.fix_wanted.emit)
        if not can or not agree(self, planned):
            progress.settle()
            return
        waiting = {new_job_id(): one for one in planned}
        progress.expect(tuple(waiting))
        gallery.expect({job_id: one.plan.request for job_id, one in waiting.items()})

        def not_queued(error: StudioError) -> None:
            gallery.forget(tuple(waiting))
            progress.settle(tuple(waiting), error)

        def submit(_: CancelToken) -> None:
            # All or none, where a cap does not take all of them.
            studio.check_caps(planned)
            for job_id, one in tuple(waiting.items()):
                studio.submit_render(one, job_id=job_id)
                del waiting[job_id]

        # Where one is refused, those before it are queued all the same.
        self._background.run(
            submit,
            lambda _: progress.settle(),
            not_queued,
        )

    @Slot(object)
    def _stop(self, job_ids: tuple[str, ...]) -> None:
        queue = self._studio.queue

        def cancel(_: CancelToken) -> None:
            for job_id in job_ids:
                queue.cancel(job_id)

        if self.tab is not None:
            self._background.run(cancel, lambda _: None, self.tab.progress.complain)

    @Slot(object)
    def on_event(self, update: JobUpdate) -> None:
        """Show how far the pictures are, and every one that is finished."""
        subject = update.subject
        if self._grid is not None:
            self._grid.on_event(update)
        if self.tab is None or subject is None or subject.kind is not SubjectKind.IMAGE:
            return
        self.tab.progress.on_event(update)
        self.tab.gallery.on_event(update)
        if isinstance(update.event, Succeeded):
            self.tab.gallery.reload(is_made=True)

    @Slot(object)
    def _read_marks(self, entry: HistoryEntry | None) -> None:
        tab = self.tab
        if tab is not None and entry is not None and not entry.is_missing:
            path = entry.path
            self._background.run(
                lambda _: read_marks(path),
                lambda marks: tab.details.show_marks(path, marks),
                tab.progress.complain,
                key="image-marks",
            )

    @Slot(object)
    def _show_file(self, path: Path) -> None:
        show_in_desktop(path.parent)

    @Slot(object)
    def _on_trash(self, entry: HistoryEntry) -> None:
        selected = () if self.tab is None else self.tab.gallery.selected
        self._ask_trash(selected if entry in selected else (entry,))

    @Slot(object)
    def _ask_trash(self, entries: tuple[HistoryEntry, ...]) -> None:
        what = repr(entries[0].path.name) if len(entries) == 1 else f"{len(entries)} pictures"
        answer = QMessageBox.question(
            self,
            "Move to trash",
            f"Move {what} to the trash?\n\nProjects keep their own copies.",
        )
        if answer != _Button.Yes or self.tab is None:
            return
        history, tab = self._studio.history, self.tab

        def remove(cancel: CancelToken) -> None:
            for entry in entries:
                cancel.check()
                _throw_away(entry.path)
                history.remove(entry.id)

        def failed(error: StudioError) -> None:
            tab.gallery.reload()
            tab.progress.complain(error)

        gone = [entry.id for entry in entries]
        self._background.run(remove, lambda _: tab.gallery.take_out(gone), failed)


def _planned(studio: Studio, request: RenderRequest) -> PlannedRender:
    """The plan of one picture, with who makes it otherwise."""
    return studio.plan(request, fallbacks=Fallbacks.of(studio.settings.render))


def _estimate(studio: Studio, order: ImageBatch, model: ListedModel | None) -> PlanText:
    """An order as it stands on this machine; of several pictures, what each and all take."""
    request = order.requests[0]
    try:
        planned = _planned(studio, request)
    except UnsupportedRequest as error:
        plan_context = PlanContext(
            target=request.target,
            choices=RenderChoices(target=request.target),
            spec=None if model is None else model.spec,
            info=studio.registry.find(request.target),
            readiness=Ready() if model is None else model.readiness,
        )
        return describe_problems(error.problems, plan_context)
    plan, info = planned.plan, studio.registry.find(planned.plan.target)
    renders = [planned] * order.count
    route = route_sentences(planned)
    text = describe_plan(plan, info, planned.readiness, studio.read_machine(), route)
    text = text.with_issues(cap_issues(studio, renders)).with_price(total_usd(renders))
    if order.count == 1:
        return text
    whole_price = f" · ${plan.cost_usd * order.count:.2f} in all" if plan.cost_usd else ""
    whole = _time_of_all(plan, order.count, PLACES[info.lane])
    return replace(text, line=f"{order.count} pictures, each {text.line}{whole_price}{whole}")


def _time_of_all(plan: RenderPlan, count: int, places: int) -> str:
    """How long so many of a plan take: the first loads what the others find loaded."""
    if plan.est_seconds is None:
        return ""
    following = plan.est_seconds if plan.est_next_seconds is None else plan.est_next_seconds
    one_by_one = plan.est_seconds + (count - 1) * following
    return f" · about {clock(max(plan.est_seconds, one_by_one / places))} in all"


def _throw_away(image: Path) -> None:
    """Move a picture to the trash with its stars and tags, and with its own record."""
    record = read_sidecar(image)
    paths = [image, marks_file(image)]
    # A clip of the same name would have its record in the same place.
    if record is not None and record.is_image:
        paths.append(image.with_suffix(".json"))
    TrashedFiles(paths).move()
