"""A checkpoint of a person becomes a model: by links, or by a copy where that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import NotConfigured, Problem, UnreadableWeights, UnsupportedRequest
from core.platform.suggestions import unknown_name
from core.video.model_store import AddedModel, OnDisk
from core.video.terms import AUTO
from providers.ltx_video.install.checkpoint import read_checkpoint
from providers.ltx_video.install.own_models import kept_in
from providers.ltx_video.models.info import OTHER_NAMES
from providers.weights.installed import (
    OwnModel,
    check_installed,
    manifest_of,
    model_folder,
)
from providers.weights.own_checkpoint import OWN_ID, add_files
from providers.weights.weights_spec import TRANSFORMER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from core.jobs.job import JobContext
    from core.lora.lora_family import LoraFamily
    from providers.ltx_video.install.checkpoint import Checkpoint
    from providers.ltx_video.models.catalog import LocalModel

# Folders that lie beside the models, and names with a meaning of their own.
_TAKEN = {"loras", "images", AUTO, *(other.name for other in OTHER_NAMES)}
_DISTILLED = "distilled"


def add_own_model(
    path: Path,
    name: str,
    like: str | None,
    ctx: JobContext,
    *,
    models_dir: Path,
    catalogue: Mapping[str, LocalModel],
    families: Iterable[LoraFamily],
    may_copy: bool = False,
) -> AddedModel:
    """Make a checkpoint a model; see `core.video.model_store.ModelStore.add`."""
    order = _check(path, name, like, models_dir, catalogue, families)
    add_files(
        order.model,
        order.own,
        lambda: _sources(order, models_dir),
        ctx,
        models_dir=models_dir,
        licence=order.like.spec.licence.name,
        may_copy=may_copy,
    )
    return AddedModel(order.model, order.notes)


@dataclass(frozen=True)
class _Addition:
    """What is to be added, found to be in order."""

    model: str
    label: str
    checkpoint: Checkpoint
    like: LocalModel
    notes: tuple[str, ...]

    @property
    def own(self) -> OwnModel:
        file = self.checkpoint.path
        single = f"{TRANSFORMER}/{file.name}" if self.checkpoint.is_single_file else None
        return OwnModel(
            label=self.label,
            like=self.like.id,
            added_from=str(file),
            transformer_file=single,
            is_mapped=self.checkpoint.is_bfloat16,
            quantization=self.checkpoint.quantization,
        )


def _check(
    path: Path,
    name: str,
    like: str | None,
    models_dir: Path,
    catalogue: Mapping[str, LocalModel],
    families: Iterable[LoraFamily],
) -> _Addition:
    """The addition.

    Raises:
        UnsupportedRequest: with all that is wrong with it.
        NotConfigured: nothing is, but it takes parts of a model that is not installed.
    """
    label, path = " ".join(name.split()), path.expanduser().absolute()
    model = label.casefold().replace(" ", "-")
    problems: list[Problem] = []
    if not OWN_ID.fullmatch(model):
        message = f"{name!r} is no name for a model: use letters, digits, '.', '-' and '_'."
        problems.append(Problem("name", message))
    elif model in catalogue or model in _TAKEN or model_folder(models_dir, model).exists():
        problems.append(Problem("name", f"The name {model!r} is taken. Choose another."))
    if like is not None and like not in catalogue:
        problems.append(Problem("like", unknown_name("model", like, catalogue)))
    try:
        checkpoint = read_checkpoint(path, families)
    except UnreadableWeights as error:
        raise UnsupportedRequest([*problems, Problem("path", str(error))]) from error
    try:
        chosen = _like(checkpoint, like, models_dir, catalogue)
    except NotConfigured as error:
        if not problems:
            raise
        missing = Problem("like", str(error), reason=error.message)
        raise UnsupportedRequest([*problems, missing]) from error
    if isinstance(chosen, str):
        problems.append(Problem("like", chosen))
    if problems or isinstance(chosen, str):
        raise UnsupportedRequest(problems)
    notes = [f"It is an {checkpoint.family.label}, and is run like {chosen.spec.label}."]
    if like is None:
        notes.append("If that is wrong, remove it and add it again with --like ID.")
    if checkpoint.quantization:
        notes.append(kept_in(checkpoint.quantization))
    if checkpoint.is_single_file:
        notes.append(f"All of it but the transformer is that of {chosen.spec.label}.")
    return _Addition(model, label, checkpoint, chosen, tuple(notes))


def _like(
    checkpoint: Checkpoint, asked: str | None, models_dir: Path, catalogue: Mapping[str, LocalModel]
) -> LocalModel | str:
    """The model that a checkpoint is run like, or why there is none.

    Raises:
        NotConfigured: it takes parts of a model that is not installed.
    """
    family = checkpoint.family
    relatives = [
        one
        for one in catalogue.values()
        # What is built in is run with words of its own.
        if one.spec.lora_family == family.id and not one.spec.is_builtin
    ]
    if not relatives:
        return (
            f"{family.label} is built in and has words of its own, so that nothing else is run "
            "like it. Add a checkpoint of another family."
        )
    names = ", ".join(one.id for one in relatives)
    if asked is not None:
        relatives = [one for one in relatives if one.id == asked]
        if not relatives and asked in catalogue:
            return f"It is an {family.label}, and {asked!r} is none. These are: {names}."
        if not relatives:
            return f"These are of its family: {names}."
    if checkpoint.is_single_file:
        wanted = relatives
        relatives = [
            one for one in wanted if check_installed(models_dir, one.id).on_disk is OnDisk.WHOLE
        ]
        if not relatives:
            command = f"'python3 scripts/setup_ltx_video.py --model {wanted[0].id}'"
            raise NotConfigured(
                f"A single file holds the transformer alone, and the other parts of {family.label} "
                f"are not installed. One of these has them: {names}.",
                hint=f"Run {command}, or with another of them.",
            )
    is_distilled = _DISTILLED in checkpoint.path.name.casefold()
    return min(relatives, key=lambda one: (_DISTILLED in one.id) != is_distilled)


def _sources(order: _Addition, models_dir: Path) -> dict[str, Path]:
    """By their places in the model's folder, the files that it consists of."""
    checkpoint, own = order.checkpoint, order.own
    if own.transformer_file is None:
        top = checkpoint.path
        return {file.relative_to(top).as_posix(): file.resolve() for file in checkpoint.files()}
    base = model_folder(models_dir, order.like.id)
    manifest = manifest_of(base)
    assert manifest is not None, "it was found to be whole"
    config = f"{TRANSFORMER}/config.json"
    others = {
        file.place: (base / file.place).resolve()
        for file in manifest.files
        if file.place == config or not file.place.startswith(f"{TRANSFORMER}/")
    }
    return {**others, own.transformer_file: checkpoint.path.resolve()}
