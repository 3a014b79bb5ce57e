"""A person's own image checkpoint becomes a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import NotConfigured, Problem, UnreadableWeights, UnsupportedRequest
from core.platform.suggestions import unknown_name
from core.video.model_store import AddedModel, OnDisk
from core.video.terms import AUTO
from providers.local_images.install.checkpoint import denoiser_values, read_checkpoint
from providers.local_images.models.info import INFO
from providers.weights.installed import OwnModel, check_installed, manifest_of, model_folder
from providers.weights.own_checkpoint import OWN_ID, add_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.jobs.job import JobContext
    from providers.local_images.install.checkpoint import ImageCheckpoint
    from providers.local_images.models.catalog import LocalImageModel

_TAKEN = {AUTO, *(other.name for other in INFO.other_names)}
# A file may leave out what is never used, such as a norm before a layer that is not there.
_ALMOST = 0.001


@dataclass(frozen=True)
class _ImageAddition:
    """What is to be added, found in order; `like` is None for a family that is not offered."""

    model: str
    label: str
    checkpoint: ImageCheckpoint
    like: LocalImageModel | None
    notes: tuple[str, ...]

    @property
    def own(self) -> OwnModel:
        """What the manifest says of it."""
        checkpoint = self.checkpoint
        return OwnModel(
            label=self.label,
            like=self.like.id if self.like else "",
            added_from=str(checkpoint.path),
            transformer_file=_place_of(checkpoint) if checkpoint.is_single_file else None,
            pipeline_class=checkpoint.pipeline_class,
        )


def add_own_model(
    path: Path,
    name: str,
    like: str | None,
    ctx: JobContext,
    *,
    models_dir: Path,
    catalogue: Mapping[str, LocalImageModel],
    may_copy: bool = False,
) -> AddedModel:
    """Make a checkpoint a model; see `core.video.model_store.ModelStore.add`."""
    order = _check(path, name, like, models_dir, catalogue)
    licence = order.like.spec.licence.name if order.like else "your own copy"
    add_files(
        order.model,
        order.own,
        lambda: _sources(order, models_dir),
        ctx,
        models_dir=models_dir,
        licence=licence,
        may_copy=may_copy,
    )
    return AddedModel(order.model, order.notes)


def _check(
    path: Path,
    name: str,
    like: str | None,
    models_dir: Path,
    catalogue: Mapping[str, LocalImageModel],
) -> _ImageAddition:
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
        known = None if like is None else catalogue.get(like)
        rows = catalogue.values() if known is None else [known]
        checkpoint = read_checkpoint(path, [row.family for row in rows])
    except UnreadableWeights as error:
        raise UnsupportedRequest([*problems, Problem("path", str(error))]) from error
    if problems:
        raise UnsupportedRequest(problems)
    chosen = _like(checkpoint, like, models_dir, catalogue)
    if isinstance(chosen, str):
        raise UnsupportedRequest([Problem("like", chosen)])
    notes = [f"It is {checkpoint.family.label}."]
    if chosen is not None:
        notes = [f"It is {checkpoint.family.label}, and is run like {chosen.spec.label}."]
        if like is None:
            notes.append("If that is wrong, remove it and add it again with --like ID.")
    if checkpoint.is_single_file and chosen is not None:
        what = "settings and words" if checkpoint.family.is_whole_file else "other parts"
        notes.append(f"Its {what} are those of {chosen.spec.label}.")
    if checkpoint.family.id == "other":
        notes.append(
            f"{checkpoint.pipeline_class} is not known here: it is asked for images of words "
            "alone, with its own usual settings."
        )
    return _ImageAddition(model, label, checkpoint, chosen, tuple(notes))


def _like(
    checkpoint: ImageCheckpoint,
    asked: str | None,
    models_dir: Path,
    catalogue: Mapping[str, LocalImageModel],
) -> LocalImageModel | str | None:
    """The model that it is run like, why there is none, or None where it needs none.

    Raises:
        NotConfigured: it takes parts of a model that is not installed.
    """
    family = checkpoint.family
    relatives = [row for row in catalogue.values() if row.family.id == family.id]
    names = ", ".join(row.id for row in relatives)
    if asked is not None:
        relatives = [row for row in relatives if row.id == asked]
        if not relatives:
            return f"It is {family.label}, and {asked!r} is none. These are: {names or 'none'}."
    if not checkpoint.is_single_file:
        if not relatives:
            return None
        return min(relatives, key=lambda row: row.profile.is_distilled != checkpoint.is_distilled)
    wanted = relatives
    relatives = [r for r in wanted if check_installed(models_dir, r.id).on_disk is OnDisk.WHOLE]
    if not relatives:
        raise NotConfigured(
            f"A single file holds weights alone, and the rest of {family.label} is not installed. "
            f"One of these has it: {names}.",
            hint=f"Install {wanted[0].id} first, or add a folder in the layout of diffusers.",
        )
    chosen = min(relatives, key=lambda row: row.profile.is_distilled != checkpoint.is_distilled)
    there = denoiser_values(model_folder(models_dir, chosen.id), family.denoiser)
    if abs(checkpoint.values - there) > _ALMOST * there:
        return (
            f"{str(checkpoint.path)!r} is {family.label} of another size than {chosen.spec.label}: "
            f"{checkpoint.values / 1e9:.2f} billion values, not {there / 1e9:.2f}. Name the folder "
            "of its own model."
        )
    return chosen


def _place_of(checkpoint: ImageCheckpoint) -> str:
    """Where its file lies in the model's folder."""
    name = checkpoint.path.name
    whole = checkpoint.family.is_whole_file
    return name if whole else f"{checkpoint.family.denoiser}/{name}"


def _sources(order: _ImageAddition, models_dir: Path) -> dict[str, Path]:
    """By their places in the model's folder, the files that it consists of."""
    checkpoint = order.checkpoint
    if not checkpoint.is_single_file:
        top = checkpoint.path
        return {file.relative_to(top).as_posix(): file.resolve() for file in checkpoint.files()}
    assert order.like is not None, "a single file has one"
    base = model_folder(models_dir, order.like.id)
    manifest = manifest_of(base)
    assert manifest is not None, "it was found to be whole"
    family = checkpoint.family
    config = f"{family.denoiser}/config.json"
    weights = (".safetensors", ".index.json")

    def is_needed(place: str) -> bool:
        if family.is_whole_file:
            return not place.endswith(weights)
        return place == config or not place.startswith(f"{family.denoiser}/")

    others = {
        file.place: (base / file.place).resolve()
        for file in manifest.files
        if is_needed(file.place)
    }
    return {**others, _place_of(checkpoint): checkpoint.path.resolve()}
