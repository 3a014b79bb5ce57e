"""Joins the page of models with the studio: looks, installs, checks and removes beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar, assert_never

from PySide6.QtCore import QObject, Signal, Slot

from core.errors import NotConfigured, Problem, StudioError, UnsupportedRequest
from core.jobs.job import (
    Cancelled,
    Charged,
    Failed,
    Notice,
    Progressed,
    Queued,
    Started,
    SubjectKind,
    Succeeded,
)
from core.jobs.job_record import JobState
from core.platform.units import bytes_text
from core.video.listing import ListedModel, ServiceAnswer, ask_services, look_at, read_listing
from core.video.model_store import AddedModel, Installation, ModelStore, OnDisk, add_checkpoint
from core.video.terms import AUTO, DEFAULT_TARGET, Target
from gui.background import Background
from gui.models.add_model_dialog import AddModelDialog, NewModel
from gui.models.model_rows import Installing, InstallPhase
from gui.models.models_page import NewsDialog
from gui.render.plan_fixes import problem_in_window
from gui.widgets.file_field import choose_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.jobs.job import CancelToken, JobUpdate
    from core.jobs.job_record import JobRecord
    from core.studio import Studio
    from core.video.model_store import InstallSurvey
    from gui.models.models_page import ModelsPage


T = TypeVar("T")

_KEPT = "what has arrived is kept"


@dataclass(frozen=True)
class _Look:
    """The models, and the newest installation of each that has not come to its end."""

    models: tuple[ListedModel, ...]
    installing: dict[str, Installing]


@dataclass(frozen=True)
class _Checked:
    target: Target
    fraction: float


class ModelsController(QObject):
    """Does what the page asks for; jobs run in the queue, everything else in threads of its own.

    The owner passes every event of the queue to `on_event`.

    Signals:
        changed(Target): a model was installed or removed, or prices may be others.
        keys_wanted(Target): the person wants to set a key.
    """

    changed = Signal(object)
    keys_wanted = Signal(object)
    _checked = Signal(object)
    _read = Signal(float)

    def __init__(self, studio: Studio, page: ModelsPage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._page = page
        self._background = Background(self)
        self._checks: dict[str, CancelToken] = {}
        self._notes: dict[str, list[str]] = {}
        self._dialog: AddModelDialog | None = None
        self._adding: CancelToken | None = None
        self._news: NewsDialog | None = None
        page.install_wanted.connect(self._survey)
        page.reuse_wanted.connect(self._reuse)
        page.pause_wanted.connect(self._pause)
        page.resume_wanted.connect(self._resume)
        page.verify_wanted.connect(self._verify)
        page.remove_wanted.connect(self._remove)
        page.keys_wanted.connect(self.keys_wanted)
        page.add_wanted.connect(self._ask_for_checkpoint)
        page.news_wanted.connect(self._ask_services)
        self._checked.connect(self._show_check)
        self._read.connect(self._show_read)

    def refresh(self) -> None:
        """Look at every model and its installation anew."""
        self._background.run(self._look, self._show, self._complain, key="look")

    def close(self) -> None:
        """Stop what is being looked at; installations in the queue are the queue's affair."""
        self._background.close()

    @Slot(object)
    def on_event(self, update: JobUpdate) -> None:
        """Take an event of any job of the queue, on the main thread."""
        subject = update.subject
        if subject is not None and subject.kind is SubjectKind.MODEL:
            self._follow(Target.parse(subject.id), update)

    def _look(self, cancel: CancelToken) -> _Look:
        listed = read_listing(self._studio.registry, cancel).models
        models = tuple(sorted(listed, key=lambda model: model.obstacles))
        whole = {str(listed.target) for listed in models if _is_complete(listed.installation)}
        installing: dict[str, Installing] = {}
        for record in self._studio.queue.jobs():
            subject = record.subject
            if subject is None or subject.kind is not SubjectKind.MODEL:
                continue
            state = _installing(record)
            if state is None or subject.id in whole:
                installing.pop(subject.id, None)
            else:
                installing[subject.id] = state
        return _Look(models, installing)

    def _show(self, look: _Look) -> None:
        self._page.set_models(look.models)
        for listed in look.models:
            is_begun = listed.installation and listed.installation.on_disk is not OnDisk.NOTHING
            installing = look.installing.get(str(listed.target))
            if installing is not None and not installing.is_going_on and not is_begun:
                installing = None
            if str(listed.target) not in self._checks:
                self._page.set_installing(listed.target, installing)

    def _follow(self, target: Target, update: JobUpdate) -> None:
        job_id = update.job_id
        match event := update.event:
            case Queued():
                waits = Installing(InstallPhase.WAITING, job_id, message="waiting for its turn")
                self._page.set_installing(target, waits)
            case Started():
                self._page.set_installing(target, Installing(InstallPhase.RUNNING, job_id))
            case Progressed():
                self._page.set_installing(target, _progress(job_id, event))
            case Notice():
                self._notes.setdefault(job_id, []).append(event.message)
                self._page.show_answer(target, event.message)
            case Charged():
                pass
            case Succeeded():
                self._page.set_installing(target, None)
                notes = self._notes.pop(job_id, [])
                done = " ".join(["It is installed, and every file is verified.", *notes])
                self._page.show_answer(target, done)
                self._look_again(target)
                self.changed.emit(target)
            case Cancelled():
                stopped = Installing(InstallPhase.STOPPED, job_id, message=_KEPT)
                self._page.set_installing(target, stopped)
                self._look_again(target)
            case Failed():
                failed = Installing(InstallPhase.FAILED, job_id, message=str(event.error))
                self._page.set_installing(target, failed)
                self._look_again(target)
            case _:
                assert_never(event)

    def _look_again(self, target: Target) -> None:
        def look(_: CancelToken) -> ListedModel:
            return look_at(self._studio.registry, target)

        self._background.run(look, self._page.set_model, self._complain, key=f"look {target}")

    @Slot(object)
    def _survey(self, target: Target, reuse_from: tuple[Path, ...] = ()) -> None:
        def ask(cancel: CancelToken) -> InstallSurvey:
            return self._store(target).survey(target.model, reuse_from, cancel)

        def agreed(may_copy: bool) -> None:
            self._begin(
                target,
                lambda _: self._studio.submit_install(target, reuse_from, may_copy=may_copy),
                lambda _: None,
            )

        self._begin(target, ask, partial(self._page.ask_consent, target, agreed))

    @Slot(object)
    def _reuse(self, target: Target) -> None:
        def take(folder: Path) -> None:
            self._page.show_answer(target, "Looking at the files in the folder…")
            self._survey(target, (folder,))

        choose_folder(self._page, "A folder with files of this model", "", take)

    @Slot(object)
    def _resume(self, target: Target) -> None:
        self._with_job(target, self._studio.resume)

    @Slot(object)
    def _pause(self, target: Target) -> None:
        check = self._checks.pop(str(target), None)
        if check is not None:
            check.cancel()
            self._page.set_installing(target, None)
            return
        self._with_job(target, lambda job_id: self._studio.queue.cancel(job_id))

    def _with_job(self, target: Target, act: Callable[[str], object]) -> None:
        """Do something with the job that installs a model."""
        found = next((item for item in self._page.models() if item.listed.target == target), None)
        if found is None or found.installing is None or not found.installing.job_id:
            return
        job_id = found.installing.job_id
        self._begin(target, lambda _: act(job_id), lambda _: None)

    @Slot(object)
    def _verify(self, target: Target) -> None:
        def read(cancel: CancelToken) -> Installation:
            def tell(fraction: float) -> None:
                self._checked.emit(_Checked(target, fraction))

            return self._store(target).verify(target.model, cancel, tell)

        def done(found: Installation) -> None:
            self._end_check(target)
            if found.on_disk is OnDisk.WHOLE:
                without = f" It is installed {found.without}." if found.without else ""
                self._page.show_answer(target, f"Every file is there and right.{without}")
            else:
                self._page.show_problem(target, found.reason)
            self._look_again(target)

        def failed(error: StudioError) -> None:
            self._end_check(target)
            self._page.show_problem(target, str(error))

        self._page.set_installing(target, Installing(InstallPhase.CHECKING, fraction=0.0))
        token = self._background.run(read, done, failed, key=f"check {target}")
        self._checks[str(target)] = token

    @Slot(object)
    def _show_check(self, checked: _Checked) -> None:
        if str(checked.target) in self._checks:
            going_on = Installing(InstallPhase.CHECKING, fraction=checked.fraction)
            self._page.set_installing(checked.target, going_on)

    def _end_check(self, target: Target) -> None:
        self._checks.pop(str(target), None)
        self._page.set_installing(target, None)

    @Slot(object)
    def _remove(self, target: Target) -> None:
        found = next((one for one in self._page.models() if one.listed.target == target), None)
        on_disk = found.listed.installation if found else None
        is_own = on_disk is not None and on_disk.is_own

        def remove(_: CancelToken) -> int:
            return self._store(target).remove(target.model)

        def done(freed_bytes: int) -> None:
            self._page.set_installing(target, None)
            self._page.show_answer(target, f"It is removed; {bytes_text(freed_bytes)} are free.")
            if is_own:
                # It is no model any more.
                self.refresh()
            else:
                self._look_again(target)
            self.changed.emit(target)

        self._begin(target, remove, done)

    @Slot()
    def _ask_for_checkpoint(self) -> None:
        listed = [item.listed for item in self._page.models()]
        specs = [
            one.spec
            for one in listed
            if one.target.with_model(AUTO) == DEFAULT_TARGET
            and one.installation is not None
            and not one.installation.is_own
        ]
        dialog = AddModelDialog(specs, self._page)
        dialog.wanted.connect(self._add)
        dialog.finished.connect(self._stop_adding)
        self._dialog = dialog
        dialog.open()

    @Slot()
    def _ask_services(self) -> None:
        dialog = NewsDialog(self._page)
        self._news = dialog

        def ask(cancel: CancelToken) -> list[ServiceAnswer]:
            return list(ask_services(self._studio.registry, cancel))

        def done(answers: list[ServiceAnswer]) -> None:
            if self._news is dialog:
                dialog.show_answers(answers)
            self.refresh()
            # Plans are made anew with the prices that count by now.
            self.changed.emit(DEFAULT_TARGET)

        self._background.run(ask, done, self._complain, key="news")
        dialog.finished.connect(self._let_go_of_news)
        dialog.open()

    @Slot()
    def _let_go_of_news(self) -> None:
        """The dialog is closed: who is asked already is asked to the end, beside the window."""
        if self._news is not None:
            self._news.deleteLater()
        self._news = None

    @Slot(object)
    def _add(self, wanted: NewModel) -> None:
        def work(cancel: CancelToken) -> AddedModel:
            stores = tuple(self._studio.registry.stores().values())
            return add_checkpoint(
                stores, wanted.path, wanted.name, wanted.like, cancel, self._read.emit
            )

        def done(added: AddedModel) -> None:
            target = self._studio.registry.in_store(added.model)
            if self._dialog is not None:
                self._dialog.accept()

            def show(look: _Look) -> None:
                self._show(look)
                self._page.choose(target)
                self._page.show_answer(target, " ".join(added.notes))

            self._background.run(self._look, show, self._complain, key="look")
            self.changed.emit(target)

        def failed(error: StudioError) -> None:
            if self._dialog is not None:
                self._dialog.show_problem(_said(error))

        self._adding = self._background.run(work, done, failed, key="add")

    @Slot(float)
    def _show_read(self, fraction: float) -> None:
        if self._dialog is not None:
            self._dialog.show_fraction(fraction)

    @Slot()
    def _stop_adding(self) -> None:
        """The dialog is closed: what it began is stopped, where it has not come to its end."""
        if self._adding is not None:
            self._adding.cancel()
        self._dialog = self._adding = None

    def _begin(
        self, target: Target, work: Callable[[CancelToken], T], done: Callable[[T], None]
    ) -> None:
        """Do something about a model; why it cannot be done is shown beside it."""
        self._background.run(
            work, done, lambda error: self._page.show_problem(target, str(error)), key=str(target)
        )

    def _store(self, target: Target) -> ModelStore:
        store = self._studio.registry.open(target).store
        if store is None:
            raise StudioError(f"{target} is no model that is installed on this machine.")
        return store

    def _complain(self, error: StudioError) -> None:
        chosen = self._page.chosen
        if chosen is not None:
            self._page.show_problem(chosen, str(error))


def _is_complete(found: Installation | None) -> bool:
    """Whether there is nothing to install."""
    return found is None or (found.on_disk is OnDisk.WHOLE and not found.missing_parts)


def _installing(record: JobRecord) -> Installing | None:
    """How far a job of the journal is; None where it has done its work."""
    match record.state:
        case JobState.SUCCEEDED:
            return None
        case JobState.QUEUED:
            return Installing(InstallPhase.WAITING, record.id, message="waiting for its turn")
        case JobState.RUNNING:
            if record.progress is None:
                return Installing(InstallPhase.RUNNING, record.id)
            return _progress(record.id, record.progress)
        case JobState.FAILED:
            message = str(record.error) if record.error else ""
            return Installing(InstallPhase.FAILED, record.id, message=message)
        case JobState.INTERRUPTED | JobState.CANCELLED:
            fraction = record.progress.fraction if record.progress else None
            return Installing(InstallPhase.STOPPED, record.id, fraction, _KEPT)
        case _:
            assert_never(record.state)


def _progress(job_id: str, event: Progressed) -> Installing:
    return Installing(InstallPhase.RUNNING, job_id, event.fraction, event.message, event.eta_s)


def _said(error: StudioError) -> str:
    """Why a checkpoint cannot be added: where a model lacks, this is the place to install it."""
    match error:
        case UnsupportedRequest():
            return "\n".join(map(problem_in_window, error.problems))
        case NotConfigured():
            return problem_in_window(Problem("like", str(error), reason=error.message))
        case _:
            return str(error)
