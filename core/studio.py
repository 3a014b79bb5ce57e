"""The studio: the setup, the queue, films and history, joined for whoever drives them."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import JournalError, Problem, UnsupportedRequest
from core.film.build.export import KIND as EXPORT_KIND
from core.film.build.export import ExportJob
from core.film.build.export_plan import PlannedExport, plan_export
from core.film.build.preview import PreviewStores
from core.film.model.delivery import ExportOrder
from core.history.history import History
from core.jobs.job import CancelToken
from core.jobs.journal import Journal
from core.jobs.lanes import PLACES, Lane
from core.jobs.queue import JobQueue, new_job_id
from core.language.model import KIND as LANGUAGE_KIND
from core.media.ffmpeg_choice import use_ffmpeg
from core.media.output import Output, make_folder
from core.media.render_cache import RenderCache
from core.platform.machine import free_disk_bytes, read_machine
from core.reports import report_factories
from core.routing.route_plan import NOBODY_ELSE, Fallbacks, plan_route
from core.routing.routed_render import RoutedRender
from core.services.polling import ticket_for
from core.setup import Setup
from core.spending.caps import Caps, PlannedPurchase, ProjectBudget
from core.spending.ledger import Ledger
from core.video.enhance_job import KIND as ENHANCE_KIND
from core.video.enhance_job import EnhanceJob, to_enhance
from core.video.lora_training import free_name, plan_training, usual_name
from core.video.planning.render_planner import (
    PlannedRender,
    PlannedWords,
    RenderPlanner,
    check_can_run,
    network_is_off,
)
from core.video.render import KIND, STILL_KIND, RenderJob, RenderPayload
from core.video.train_lora_job import KIND as TRAIN_KIND
from core.video.train_lora_job import TrainLoraJob, read_losses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from core.config.api_keys import ApiKeys, KeySpec
    from core.config.settings import Settings
    from core.film.picture.text_overlays import TextRenderer
    from core.jobs.job import Job
    from core.jobs.job_record import JobRecord
    from core.language.language_models import LanguageModels
    from core.language.provider import LanguageEntry
    from core.lora.training import LossCurve
    from core.lora.training_set import TrainingList
    from core.platform.machine import Machine
    from core.platform.paths import Paths
    from core.video.lora_training import TrainingPlan, TrainingRequest
    from core.video.packages import PackageInstaller
    from core.video.provider import ProviderEntry, Readiness
    from core.video.record import Origin
    from core.video.request import RenderRequest
    from core.video.terms import Target

_PREVIEWS_BYTES = 1_000_000_000


class Studio(Setup):
    """Everything a command or a window needs; nothing is opened before it is used.

    Attributes:
        text_renderer: who draws words; None where this program was started without one.
    """

    def __init__(
        self,
        entries: Sequence[ProviderEntry],
        *,
        paths: Paths | None = None,
        keys: ApiKeys | None = None,
        machine: Callable[[], Machine] = read_machine,
        free_bytes: Callable[[Path], int] = free_disk_bytes,
        text_renderer: TextRenderer | None = None,
        package_installer: PackageInstaller | None = None,
        language: Sequence[LanguageEntry] = (),
    ) -> None:
        super().__init__(
            entries,
            paths=paths,
            keys=keys,
            machine=machine,
            package_installer=package_installer,
            language=language,
        )
        self._free_bytes = free_bytes
        self.text_renderer = text_renderer

    @cached_property
    def queue(self) -> JobQueue:
        """The job queue; its own notes say how the journal was read.

        Raises:
            JournalError: the journal cannot be used.
        """
        factories: dict[str, Callable[[str], Job]] = {
            **self.registry.job_factories,
            KIND: lambda text: self._routed(RenderJob.from_payload(text, self.registry)),
            STILL_KIND: partial(RenderJob.from_still_payload, registry=self.registry),
            ENHANCE_KIND: partial(EnhanceJob.from_payload, registry=self.registry),
            LANGUAGE_KIND: lambda payload: self.language.job_from_payload(payload),
            TRAIN_KIND: partial(TrainLoraJob.from_payload, registry=self.registry),
            EXPORT_KIND: lambda payload: self._export_job(ExportOrder.model_validate_json(payload)),
            **report_factories(self),
        }
        journal = Journal(self.paths.journal_file)
        places = {**PLACES, Lane.CLOUD: self.settings.cloud.parallel_jobs}
        queue = JobQueue(journal, self.paths.work_dir, self.paths.inputs_dir, factories, places)
        queue.set_grouping(self.settings.queue.groups_by_model)
        self.ledger.follow(queue)
        self.history.follow(queue)
        return queue

    @cached_property
    def ledger(self) -> Ledger:
        """What paid renders cost, and the caps on it."""
        return Ledger(self.paths.spending_file)

    @cached_property
    def history(self) -> History:
        """Everything that was made here, in the window or by a command."""
        return History(self.paths.history_file, [self.paths.output_dir])

    @cached_property
    def language(self) -> LanguageModels:
        """The language models, which are asked for words."""
        # Imported late: few renders ask one, and it brings all that reads storyboards.
        from core.language.language_models import LanguageModels

        return LanguageModels(self.language_entries, self, self.ledger, lambda: self.queue)

    def apply_settings(self, settings: Settings) -> None:
        """Go by these settings from now on; does not save them.

        The folder of models alone stays what it was: the providers have been given it. When the
        network is switched off, downloads and renders in the cloud stop at their next call; what
        they have is kept, and they go on by resuming.
        """
        self.settings = settings
        use_ffmpeg(settings.programs.ffmpeg)
        folders = settings.folders
        self.paths = self._places.moved(
            output_dir=folders.output,
            models_dir=self.paths.models_dir,
            wildcards_dir=folders.wildcards,
        )
        self.registry.network.is_off = settings.network.is_off
        if "queue" in self.__dict__:
            self.queue.set_places(Lane.CLOUD, settings.cloud.parallel_jobs)
            self.queue.set_grouping(settings.queue.groups_by_model)

    def check_key(self, target: Target | None, key: KeySpec) -> Readiness:
        """Whether the service of a target, or of words, takes the key that is set; asks it."""
        if self.registry.network.is_off:
            return network_is_off(f"the {key.label} key is not tested")
        asked = self.language if target is None else self.registry.open(target)
        return asked.check_key(key)

    def plan(
        self,
        request: RenderRequest,
        *,
        out: Path | None = None,
        overwrite: bool = False,
        fallbacks: Fallbacks = NOBODY_ELSE,
    ) -> PlannedRender:
        """The exact plan for a request, its place, and whether it can start; costs nothing.

        Args:
            request: as asked; paths are taken from the current folder.
            out: a file, a folder, or None for the usual output folder.
            overwrite: replace an existing file.
            fallbacks: who makes it where that target cannot.

        Raises:
            UnsupportedRequest: with everything that is wrong, of request and place.
        """
        return plan_route(self._planner, request, fallbacks, out=out, overwrite=overwrite)

    @property
    def _planner(self) -> RenderPlanner:
        return RenderPlanner(self.registry, self.settings, self.paths, self._free_bytes)

    def submit_render(
        self,
        planned: PlannedRender,
        origin: Origin | None = None,
        *,
        job_id: str | None = None,
        project: ProjectBudget | None = None,
    ) -> str:
        """Put the render into the queue and give the job's id.

        Args:
            planned: what `plan` gave.
            origin: the scene of a project that the clip is for; its record will name it.
            job_id: from `new_job_id`, where the caller has to know it beforehand.
            project: what the ledger is to know of that project.

        Raises:
            SpendingCapReached: it would pass a cap.
            SpendingError: it is to be paid, and the ledger cannot be used.
            NotConfigured: the model is not installed, the network is switched off, or the machine
                or a key does not suffice.
            OutputError: the output folder cannot be made.
            JournalError: the journal cannot be written, or the start image cannot be kept.
        """
        check_can_run(planned, self.registry)
        make_folder(planned.output)
        job = RenderJob.of(planned.plan, planned.output, self.registry, origin)
        job = self._routed(replace(job, fallbacks=planned.fallbacks))
        job_id = job_id or new_job_id()
        # Written down before anybody can start it: no order is ever without its price.
        with self.ledger.ordered(job_id, PlannedPurchase.of(planned.plan, project), self.caps):
            return self.queue.submit(job, job_id=job_id)

    def _routed(self, job: RenderJob) -> Job:
        """The job as one that goes on at the next target of its list, if it has any."""
        return RoutedRender(job, self.ledger, lambda: self.caps) if job.fallbacks else job

    @property
    def caps(self) -> Caps:
        """The caps of the settings."""
        return Caps.of(self.settings.cloud)

    def check_caps(
        self, renders: Iterable[PlannedRender], project: ProjectBudget | None = None
    ) -> None:
        """Refuse renders of one project that together would pass a cap, before any is ordered.

        Raises:
            SpendingCapReached: with every cap that they would pass.
            SpendingError: some are to be paid, and the ledger cannot be read.
        """
        purchases = [PlannedPurchase.of(one.plan, project) for one in renders]
        self.ledger.check(purchases, self.caps)

    def plan_enhancement(self, request: RenderRequest) -> PlannedWords:
        """The plan of a clip whose prompt is enhanced alone; costs nothing and needs no place.

        Raises:
            UnsupportedRequest: with everything that is wrong; its model may bring no enhancer.
        """
        return self._planner.plan_words(to_enhance(request))

    def submit_enhancement(
        self, planned: PlannedWords, *, scene: str = "", job_id: str | None = None
    ) -> str:
        """Have the prompt of a plan enhanced and make nothing else; gives the job's id.

        `core.video.enhance_job.read_enhancement` gives the words.

        Args:
            planned: what `plan_enhancement` gave.
            scene: which the words are for, as its project names it; empty for none.
            job_id: from `new_job_id`, where the caller has to know it beforehand.

        Raises:
            NotConfigured: the model is not installed, or the machine does not suffice.
            JournalError: the journal cannot be written, or the start image cannot be kept.
        """
        check_can_run(planned, self.registry)
        return self.queue.submit(EnhanceJob.of(planned.plan, self.registry, scene), job_id=job_id)

    def resume(self, text: str) -> str:
        """Put an interrupted, failed or cancelled job back in line and give its id.

        Unlike the queue's own way, this one holds the caps where a clip is bought once more.

        Args:
            text: how the job's id begins.

        Raises:
            SpendingCapReached: it would pass a cap.
            SpendingError: the ledger cannot be used.
            JournalError: no such job, or nothing to resume.
        """
        job_id = self.queue.job(text).id
        is_ordered = self.ledger.order_again(job_id, self.caps)
        try:
            return self.queue.resume(job_id)
        except JournalError:
            if is_ordered:
                self.ledger.release(job_id)
            raise

    def attach(self, text: str, remote_id: str) -> str:
        """Let a job fetch a render that a person found in the account; gives the job's id.

        Args:
            text: how the job's id begins.
            remote_id: what the service calls the render.

        Raises:
            JournalError: no such job, or it is waiting, running or done.
        """
        job_id = self.queue.job(text).id
        self.queue.attach(job_id, ticket_for(remote_id))
        return self.queue.resume(job_id)

    def buy_again(self, text: str) -> str:
        """Order the same once more, because the first order never arrived; gives its id.

        The first one goes on counting: nobody but the service knows what became of it.

        Args:
            text: how the job's id begins.

        Raises:
            SpendingCapReached: it would pass a cap.
            SpendingError: the ledger cannot be used.
            JournalError: no such job, or nothing is bought by it.
        """
        record = self.queue.job(text)
        if record.kind == LANGUAGE_KIND:
            purchase = self.language.purchase_again(record)
        elif record.kind == KIND:
            plan = RenderPayload.model_validate_json(record.payload).plan
            purchase = PlannedPurchase.of(plan, self.ledger.project_of(record.subject))
        else:
            raise JournalError(f"Job {record.id} is no render, so there is nothing to buy.")
        job_id = new_job_id()
        with self.ledger.ordered(job_id, purchase, self.caps):
            return self.queue.repeat(record.id, job_id)

    def submit_install(
        self, target: Target, reuse_from: Sequence[Path] = (), *, may_copy: bool = False
    ) -> str:
        """Put the installation of a model into the queue and give the job's id; see `ModelStore`.

        Raises:
            UnsupportedRequest: the model cannot be installed.
            NotConfigured: the network is switched off.
            JournalError: the journal cannot be written.
        """
        store = self.registry.open(target).store
        if store is None:
            message = f"{target} is no model that is installed on this machine."
            raise UnsupportedRequest([Problem("target.model", message)])
        job = store.install_job(target.model, reuse_from, may_copy=may_copy)
        if not reuse_from:
            self.registry.network.check(f"{target.model} is not downloaded", target=str(target))
        return self.queue.submit(job)

    def plan_training(
        self, request: TrainingRequest, cancel: CancelToken | None = None
    ) -> TrainingPlan:
        """The exact plan of a LoRA's training; costs nothing but looking at the set.

        Raises:
            UnsupportedRequest: with everything that is wrong, of model, set, choices and place.
            NotConfigured: all is well asked, but the model is not installed or too large for here.
            JobCancelled: asked to stop.
        """
        token = cancel or CancelToken()
        lora_dir = self.paths.lora_dirs[0]
        return plan_training(request, self.registry, lora_dir, self._free_bytes, token)

    def free_lora_name(self, listed: TrainingList) -> str:
        """A name after the set that no LoRA has, and none that is still to be trained.

        Raises:
            JournalError: the journal cannot be read.
        """
        waiting = {
            Path(record.subject.id).stem
            for record in self.queue.jobs()
            if record.kind == TRAIN_KIND and record.subject and not record.state.has_ended
        }
        return free_name(usual_name(listed), self.paths.lora_dirs[0], waiting)

    def submit_training(self, plan: TrainingPlan) -> str:
        """Put the training of a LoRA into the queue and give the job's id.

        Raises:
            JournalError: the journal cannot be written, or an item of the set cannot be read.
        """
        return self.queue.submit(TrainLoraJob.of(plan, self.registry))

    def read_losses(self, record: JobRecord) -> LossCurve | None:
        """How the training of a job went so far; None where nobody can say."""
        return read_losses(record, self.paths.inputs_dir / record.id)

    @cached_property
    def render_cache(self) -> RenderCache:
        """The finished pieces of films that are kept."""
        return RenderCache(self.paths.films_dir)

    @cached_property
    def preview_stores(self) -> PreviewStores:
        """Where previews of films lie, sharing finished pieces with the exports."""
        limit_bytes = self.settings.export.cache_bytes
        films = RenderCache(self.paths.previews_dir)
        return PreviewStores(self.render_cache, films, limit_bytes, _PREVIEWS_BYTES)

    def plan_export(self, order: ExportOrder, cancel: CancelToken | None = None) -> PlannedExport:
        """The exact plan of a film's export; costs nothing but reading the clips.

        Raises:
            UnsupportedRequest: with everything that is wrong, of film, settings, place and FFmpeg.
            JobCancelled: asked to stop.
        """
        token = cancel or CancelToken()
        return plan_export(
            order,
            self.render_cache,
            self.text_renderer,
            self.paths.work_dir,
            self._free_bytes,
            token,
        )

    def submit_export(self, planned: PlannedExport) -> str:
        """Put the export into the queue and give the job's id.

        Raises:
            OutputError: the output folder cannot be made.
            JournalError: the journal cannot be written.
        """
        if planned.order.makes_folder:
            make_folder(Output(planned.order.path, is_named=False))
        return self.queue.submit(self._export_job(planned.order))

    def _export_job(self, order: ExportOrder) -> ExportJob:
        limit_bytes = self.settings.export.cache_bytes
        return ExportJob(order, self.render_cache, self.text_renderer, limit_bytes)

    def close(self) -> None:
        """Stop the jobs of this process and close every provider."""
        if "queue" in self.__dict__:
            self.queue.close()
        super().close()
