"""The image models as files: what is on disk, and the ways to change that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import NotConfigured, Problem, UnsupportedRequest
from core.platform.suggestions import unknown_name
from providers.local_images.install.model_files import images_dir, way_to_repair
from providers.local_images.install.own_models import every_model
from providers.weights.file_work import work_on_files
from providers.weights.installed import check_parts, remove_model, verify_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken, Job
    from core.video.model_store import AddedModel, Installation, InstallSurvey
    from core.video.provider import ProviderContext
    from providers.local_images.models.catalog import LocalImageModel


class ImageStore:
    """Checkpoints of a person's own, and what is installed; see `core.video.model_store`."""

    def __init__(self, context: ProviderContext, catalogue: Mapping[str, LocalImageModel]) -> None:
        self._context = context
        self._catalogue = catalogue

    def installation(self, model: str) -> Installation | None:
        """What is on disk; see `ModelStore.installation`."""
        row = self._models[model]
        found = check_parts(self._models_dir, model, row.weights)
        return replace(found, is_own=bool(row.added_from))

    def survey(self, model: str, reuse_from: Sequence[Path], cancel: CancelToken) -> InstallSurvey:
        """What would be fetched; see `ModelStore.survey`."""
        raise self._by_hand(model)

    def install_job(
        self, model: str, reuse_from: Sequence[Path] = (), *, may_copy: bool = False
    ) -> Job:
        """The job for the queue; see `ModelStore.install_job`."""
        raise self._by_hand(model)

    def recognise(self, path: Path) -> str:
        """What a checkpoint is; see `ModelStore.recognise`."""
        from providers.local_images.install.checkpoint import read_checkpoint

        families = [row.family for row in self._catalogue.values()]
        return read_checkpoint(path, families).family.label

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
        from providers.local_images.install.add_model import add_own_model

        with work_on_files(cancel, on_fraction) as ctx:
            return add_own_model(
                path,
                name,
                like,
                ctx,
                models_dir=self._models_dir,
                catalogue=self._catalogue,
                may_copy=may_copy,
            )

    def verify(
        self, model: str, cancel: CancelToken, on_fraction: Callable[[float], None]
    ) -> Installation:
        """Whether every byte is right; see `ModelStore.verify`."""
        row = self._find(model)
        with work_on_files(cancel, on_fraction) as ctx:
            verify_model(self._models_dir, row.id, ctx)
            return check_parts(self._models_dir, row.id, row.weights)

    def remove(self, model: str) -> int:
        """Delete it; see `ModelStore.remove`."""
        return remove_model(self._models_dir, self._find(model).id)

    def _find(self, model: str) -> LocalImageModel:
        row = self._models.get(model)
        if row is None:
            raise UnsupportedRequest([Problem("model", unknown_name("model", model, self._models))])
        return row

    def _by_hand(self, model: str) -> NotConfigured:
        row = self._find(model)
        return NotConfigured(
            f"{row.spec.label} is not fetched by the program.", hint=way_to_repair(row)
        )

    @property
    def _models(self) -> dict[str, LocalImageModel]:
        return every_model(self._models_dir, self._catalogue)

    @property
    def _models_dir(self) -> Path:
        return images_dir(self._context.paths)
