"""Installs a model: what is on disk is taken over, the rest is fetched, all of it is verified."""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import AliasChoices, Field

from core.errors import (
    OutputError,
    Problem,
    UnsupportedRequest,
)
from core.frozen import Frozen
from core.jobs.job import JobContext, Notice, Progressed, Subject, SubjectKind
from core.jobs.lanes import Lane, Stage
from core.platform.files import folders_in
from core.platform.machine import free_disk_bytes
from core.video.model_store import FoundFiles, OnDisk
from providers.ltx_video.install.file_list import list_files
from providers.ltx_video.install.model_files import find_on_disk
from providers.ltx_video.install.other_programs import folders_of_programs
from providers.ltx_video.models.catalog import BY_ID
from providers.ltx_video.models.info import INFO, INSTALL_MODEL
from providers.weights.download_progress import DownloadProgress
from providers.weights.hub import Hub, NeededFile
from providers.weights.installed import (
    InstalledFile,
    ModelManifest,
    VerifiedFiles,
    check_parts,
    fitting_records,
    hold_model,
    model_folder,
)
from providers.weights.retry import WAITS_S, ask_with_retries
from providers.weights.reuse_files import (
    LocalCopies,
    check_content,
    reuse,
)
from providers.weights.transfer import fetch_files, part_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.config.api_keys import ApiKeys
    from core.platform.network import NetworkSwitch
    from core.video.spec import Licence
    from providers.ltx_video.models.catalog import LocalModel
    from providers.weights.weights_spec import WeightsSpec

T = TypeVar("T")

# A disk without any room left makes every other program fail.
_SPARE_BYTES = 500_000_000
# Nobody who is offline wants to wait for the answer as long as a download may pause.
_FIRST_WAITS = 2


@dataclass(frozen=True)
class Installable:
    """A model as the catalogue knows it: its name, its files and its terms."""

    label: str
    weights: WeightsSpec
    licence: Licence

    @property
    def id(self) -> str:
        """The model's id."""
        return self.weights.model

    @classmethod
    def find(cls, model: str, models: Mapping[str, LocalModel] = BY_ID) -> Installable:
        """A model of the catalogue.

        Raises:
            UnsupportedRequest: there is no such model, or it comes with the program.
        """
        row = find_on_disk(model, models)
        if row.weights is None:
            message = f"{row.spec.label} was added from {row.added_from!r}: nobody can download it."
            raise UnsupportedRequest([Problem("model", message)])
        return cls(row.spec.label, row.weights, row.spec.licence)


class InstallPayload(Frozen):
    """An installation as it is stored."""

    model: str
    # Jobs of earlier versions call it "adopt_from".
    reuse_from: tuple[Path, ...] = Field(
        default=(), validation_alias=AliasChoices("reuse_from", "adopt_from")
    )
    may_copy: bool = False


@dataclass(frozen=True)
class Survey:
    """What installing a model means here and now, as a look at hub and disk has shown.

    Attributes:
        files: everything the model needs.
        copies: what else lies on this machine.
        records: by place, what an earlier run has proved.
        absent: of the files those that are nowhere on this machine.
        found: the folders of this machine in which others of them seem to lie.
        fetch_bytes: what has to be downloaded of them.
        free_bytes: room on the disk of the models.
        passed_over, left_out: see `core.video.model_store.InstallSurvey`.
    """

    hub: Hub
    files: tuple[NeededFile, ...]
    copies: LocalCopies
    records: dict[str, InstalledFile]
    absent: list[NeededFile]
    found: tuple[FoundFiles, ...]
    fetch_bytes: int
    free_bytes: int
    passed_over: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def total_bytes(self) -> int:
        """The size of the installed model."""
        return sum(file.size_bytes for file in self.files)


class InstallModelJob:
    """The job that installs one model; what it has is kept when it is stopped, for the next try."""

    kind = INSTALL_MODEL
    lane = Lane.DISK
    loads = ""

    def __init__(
        self,
        model: Installable,
        models_dir: Path,
        keys: ApiKeys,
        reuse_from: Sequence[Path] = (),
        waits_s: Sequence[float] = WAITS_S,
        *,
        network: NetworkSwitch,
        may_copy: bool = False,
    ) -> None:
        self._model = model
        self._models_dir = models_dir
        self._keys = keys
        self._reuse_from = tuple(path.expanduser().absolute() for path in reuse_from)
        self._waits_s = waits_s
        self._network = network
        self._may_copy = may_copy

    @classmethod
    def from_payload(
        cls,
        payload: str,
        models_dir: Path,
        keys: ApiKeys,
        find: Callable[[str], Installable] = Installable.find,
        *,
        network: NetworkSwitch,
    ) -> InstallModelJob:
        """The job again from the journal; `find` looks a model up.

        Raises:
            UnsupportedRequest: the catalogue no longer has it.
        """
        stored = InstallPayload.model_validate_json(payload)
        return cls(
            find(stored.model),
            models_dir,
            keys,
            stored.reuse_from,
            network=network,
            may_copy=stored.may_copy,
        )

    @property
    def subject(self) -> Subject:
        """The model, by its target."""
        return Subject(SubjectKind.MODEL, self._target)

    @property
    def title(self) -> str:
        """A few words for lists."""
        return f"Install {self._model.label}"

    def payload(self) -> str:
        """The job as JSON; holds no key."""
        stored = InstallPayload(
            model=self._model.id, reuse_from=self._reuse_from, may_copy=self._may_copy
        )
        # Without the usual answer it is the payload of earlier versions, whose jobs are taken up.
        return stored.model_dump_json(exclude=None if self._may_copy else {"may_copy"})

    def store_inputs(self, folder: Path) -> None:
        """Nothing: the files of another folder may be gone later, and the hub has them too."""

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        """None: what a killed run leaves half-written is where the next one goes on."""
        return ()

    def survey(self, ctx: JobContext) -> Survey:
        """What would be fetched; changes nothing.

        Raises:
            JobCancelled: asked to stop.
            UnsupportedRequest: a folder to take files from is none.
            StudioError: it could not be installed, with the reason that shows before a download.
        """
        self._check_folders()
        ctx.report(Progressed(stage=Stage.DOWNLOAD, message="asking which files are needed"))
        hub = Hub(self._keys, self._target, self._network)
        weights = self._model.weights
        listed = list_files(
            weights,
            self._model.label,
            self._reuse_from,
            ctx,
            lambda: self._ask(ctx, lambda: hub.list_files(weights)),
        )
        files = listed.files
        # Models of one family share their text encoder, which is half of the download.
        others = [
            folder
            for folder in folders_in(self._models_dir)
            if folder != self._folder and not folder.name.startswith(".")
        ]
        programs = folders_of_programs(self._reuse_from)
        for problem in programs.problems:
            ctx.report(Notice(message=problem))
        elsewhere = (*self._reuse_from, *others, *programs.folders)
        copies = LocalCopies(elsewhere, ctx.cancel)
        records = fitting_records(self._folder, files)
        not_here = [
            file
            for file in files
            if file.place not in records
            and not _has_size(self._folder / file.place, file.size_bytes)
        ]
        absent = [file for file in not_here if not copies.candidates(file)]
        self._check_fetch(ctx, hub, absent)
        return Survey(
            hub=hub,
            files=files,
            copies=copies,
            records=records,
            absent=absent,
            found=copies.found(not_here),
            fetch_bytes=sum(_left_bytes(self._folder, file) for file in absent),
            free_bytes=free_disk_bytes(self._folder),
            passed_over=programs.problems,
            left_out=listed.left_out,
        )

    def run(self, ctx: JobContext) -> Path:
        """Install the model and give its folder.

        Raises:
            JobCancelled: asked to stop; what has arrived is kept.
            StudioError: it cannot be done; what has arrived is kept.
        """
        with hold_model(self._models_dir, self._model.id):
            state = check_parts(self._models_dir, self._model.id, self._model.weights)
            if state.on_disk is OnDisk.WHOLE and not state.missing_parts:
                ctx.report(Notice(message=f"{self._model.label} is installed and complete."))
                return state.folder
            survey = self.survey(ctx)
            for text in survey.left_out:
                ctx.report(Notice(message=text))
            try:
                self._install(ctx, survey)
            except OSError as error:
                raise OutputError(
                    f"The files in {str(state.folder)!r} cannot be written: "
                    f"{error.strerror or error}.",
                    hint="Make room or make the folder writable, and give the same command again.",
                ) from error
            return state.folder

    def _install(self, ctx: JobContext, survey: Survey) -> None:
        files = survey.files
        folder = self._folder
        verified = VerifiedFiles(folder, self._new_manifest(), survey.records)
        progress = DownloadProgress(survey.total_bytes)
        progress.add_existing(sum(record.size_bytes for record in verified.records.values()))
        self._use_present(ctx, survey, verified, progress)
        missing = [file for file in files if file.place not in verified.records]
        if any(file not in survey.absent for file in missing):
            self._check_fetch(ctx, survey.hub, missing)
        if missing:
            # Big files first: a small one at the end keeps no other stream waiting.
            missing.sort(key=lambda file: -file.size_bytes)
            fetch_files(survey.hub, missing, folder, ctx, progress, self._waits_s, verified.record)
        ctx.report(Progressed(stage=Stage.VERIFY, fraction=1.0, message="every file is verified"))
        verified.finish(files)

    def _use_present(
        self,
        ctx: JobContext,
        survey: Survey,
        verified: VerifiedFiles,
        progress: DownloadProgress,
    ) -> None:
        """Record what is on this machine and proves right; delete what is wrong."""
        reused_bytes = 0

        def on_bytes(size_bytes: int) -> None:
            progress.add_existing(size_bytes)
            progress.report(ctx, Stage.VERIFY)

        for file in survey.files:
            path = self._folder / file.place
            if file.place in verified.records:
                continue
            if path.is_file():
                sha256 = check_content(path, file, ctx.cancel, on_bytes)
                if sha256 is not None:
                    verified.record(file, sha256)
                    continue
                ctx.report(Notice(message=f"{file.place} is damaged or outdated: it is replaced."))
                path.unlink()
            copies = survey.copies
            reused = reuse(
                file, copies, self._folder, ctx.cancel, on_bytes, may_copy=self._may_copy
            )
            if reused is not None:
                reused_bytes += file.size_bytes
                verified.record(file, reused.sha256, str(reused.source or ""))
        if reused_bytes:
            ctx.report(Notice(message=self._about_reuse(reused_bytes)))

    def _about_reuse(self, reused_bytes: int) -> str:
        said = f"{reused_bytes / 1e9:.2f} GB were on this machine already and are used."
        if self._may_copy:
            return f"{said} They were copied."
        return (
            f"{said} They are linked and take no room: where another program changes them, or "
            "deletes one on another disk, checking the model's files tells it."
        )

    def _check_folders(self) -> None:
        """Raise where what is to be taken from is no folder."""
        messages: list[str] = []
        for folder in self._reuse_from:
            if folder.is_file():
                messages.append(
                    f"{str(folder)!r} is a file, and files are taken from a folder. Give the "
                    f"folder in which it lies: --adopt {shlex.quote(str(folder.parent))}."
                )
            elif not folder.is_dir():
                messages.append(
                    f"There is no folder {str(folder)!r} to take files from. Give an existing "
                    "folder with --adopt."
                )
        if messages:
            raise UnsupportedRequest([Problem("adopt", message) for message in messages])

    def _check_fetch(self, ctx: JobContext, hub: Hub, files: Sequence[NeededFile]) -> None:
        """Raise now what would otherwise stop the download later."""
        if not files:
            return
        needed = sum(_left_bytes(self._folder, file) for file in files) + _SPARE_BYTES
        free = free_disk_bytes(self._folder)
        if free < needed:
            raise OutputError(
                f"{self._model.label} needs {needed / 1e9:.1f} GB more on the disk of "
                f"{str(self._models_dir)!r}, and {free / 1e9:.1f} GB are free.",
                hint=f"Make room for {(needed - free) / 1e9:.1f} GB, or keep the models elsewhere: "
                "'main.py config set folders.models FOLDER'.",
            )
        self._ask(ctx, lambda: hub.check_access(files))

    def _ask(self, ctx: JobContext, question: Callable[[], T]) -> T:
        def tell(reason: str) -> None:
            ctx.report(Progressed(stage=Stage.DOWNLOAD, message=reason))

        return ask_with_retries(ctx.cancel, self._waits_s[:_FIRST_WAITS], question, tell)

    def _new_manifest(self) -> ModelManifest:
        return ModelManifest(
            model=self._model.id,
            licence=self._model.licence.name,
            page_url=self._model.weights.page_url,
            installed_at=datetime.now(UTC),
            files=(),
        )

    @property
    def _target(self) -> str:
        return f"{INFO.id}/{INFO.deployment}/{self._model.id}"

    @property
    def _folder(self) -> Path:
        return model_folder(self._models_dir, self._model.id)


def _has_size(path: Path, size_bytes: int) -> bool:
    with suppress(OSError):
        return path.stat().st_size == size_bytes
    return False


def _left_bytes(folder: Path, file: NeededFile) -> int:
    with suppress(OSError):
        return max(0, file.size_bytes - part_path(folder, file).stat().st_size)
    return file.size_bytes
