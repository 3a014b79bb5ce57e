"""The local LTX models as files: what is on disk, and the ways to change that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.video.model_store import AddedModel, Installation, InstallSurvey
from providers.ltx_video.install.model_files import find_model, find_on_disk, verify_builtin
from providers.ltx_video.install.own_models import every_model
from providers.weights.file_work import work_on_files
from providers.weights.installed import (
    check_parts,
    model_folder,
    remove_model,
    verify_model,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.video.provider import ProviderContext, ProviderInfo
    from providers.ltx_video.install.weights import Installable, InstallModelJob
    from providers.ltx_video.models.catalog import LocalModel


class LTXStore:
    """Installs into the folder of models; see `core.video.model_store.ModelStore`.

    What downloads is imported late: every list of models asks what is on disk, and few install.
    """

    def __init__(
        self, context: ProviderContext, catalogue: Mapping[str, LocalModel], info: ProviderInfo
    ) -> None:
        self._context = context
        self._catalogue = catalogue
        self._info = info

    def installation(self, model: str) -> Installation | None:
        """What is on disk; see `ModelStore.installation`."""
        row = self._models[model]
        if row.spec.is_builtin:
            return None
        found = check_parts(self._models_dir, model, row.weights)
        return replace(found, is_own=bool(row.added_from))

    def survey(self, model: str, reuse_from: Sequence[Path], cancel: CancelToken) -> InstallSurvey:
        """What would be fetched; see `ModelStore.survey`."""
        wanted = self._find(model)
        with work_on_files(cancel) as ctx:
            found = self.install_job(model, reuse_from).survey(ctx)
        return InstallSurvey(
            folder=model_folder(self._models_dir, model),
            file_count=len(found.files),
            total_bytes=found.total_bytes,
            fetch_bytes=found.fetch_bytes,
            free_bytes=found.free_bytes,
            page_url=wanted.weights.page_url,
            found=found.found,
            passed_over=found.passed_over,
            parts=wanted.weights.licensed_parts(found.files),
            left_out=found.left_out,
        )

    def install_job(
        self, model: str, reuse_from: Sequence[Path] = (), *, may_copy: bool = False
    ) -> InstallModelJob:
        """The job for the queue; see `ModelStore.install_job`."""
        from providers.ltx_video.install.weights import InstallModelJob

        context = self._context
        return InstallModelJob(
            self._find(model),
            self._models_dir,
            context.keys,
            reuse_from,
            network=context.network,
            may_copy=may_copy,
        )

    def recognise(self, path: Path) -> str:
        """What a checkpoint is; see `ModelStore.recognise`."""
        from providers.ltx_video.install.checkpoint import read_checkpoint

        return read_checkpoint(path, self._info.lora_families()).family.label

    def add(
        self,
        path: Path,
        name: str,
        like: str | None,
        cancel: CancelToken,
        on_fraction: Callable[[float], None],
        *,
        may_copy: bool = False,
    ) -> AddedModel:
        """A person's own checkpoint; see `ModelStore.add`."""
        # Imported late: each list of models opens the store, and few add one.
        from providers.ltx_video.install.add_model import add_own_model

        with work_on_files(cancel, on_fraction) as ctx:
            return add_own_model(
                path,
                name,
                like,
                ctx,
                models_dir=self._models_dir,
                catalogue=self._catalogue,
                families=self._info.lora_families(),
                may_copy=may_copy,
            )

    def verify(
        self, model: str, cancel: CancelToken, on_fraction: Callable[[float], None]
    ) -> Installation:
        """Whether every byte is right; see `ModelStore.verify`."""
        row = find_model(model, self._models)
        if row.spec.is_builtin:
            return verify_builtin(row, self._context.paths)
        with work_on_files(cancel, on_fraction) as ctx:
            verify_model(self._models_dir, row.id, ctx)
            return check_parts(self._models_dir, row.id, row.weights)

    def remove(self, model: str) -> int:
        """Delete it; see `ModelStore.remove`."""
        row = find_on_disk(model, self._models)
        return remove_model(self._models_dir, row.id)

    def _find(self, model: str) -> Installable:
        from providers.ltx_video.install.weights import Installable

        return Installable.find(model, self._models)

    @property
    def _models(self) -> dict[str, LocalModel]:
        return every_model(self._models_dir, self._catalogue)

    @property
    def _models_dir(self) -> Path:
        return self._context.paths.models_dir
