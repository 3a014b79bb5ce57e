"""The image models that a person has added, as rows like those that are offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.platform.files import folders_in
from core.video.spec import Licence, Needs
from providers.local_images.models.catalog import (
    BY_ID,
    ImageProfile,
    LocalImageModel,
    spec_of,
)
from providers.local_images.models.families import family_of_class
from providers.weights.own_checkpoint import OWN_ID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from providers.weights.installed import ModelManifest, OwnModel

# Of families that are not offered, as their makers run them.
_PROFILES = {
    "sd-1": ImageProfile(num_inference_steps=30, guidance_scale=7.5),
    "sd-3": ImageProfile(num_inference_steps=28, guidance_scale=4.5),
    "flux-1": ImageProfile(num_inference_steps=28, guidance_scale=3.5),
    "chroma": ImageProfile(num_inference_steps=40, guidance_scale=5.0),
}
_ANY = ImageProfile(num_inference_steps=30)
_OWN_LICENCE = Licence(name="your own copy", summary="Whatever the terms of that checkpoint are.")


def every_model(
    models_dir: Path, catalogue: Mapping[str, LocalImageModel] = BY_ID
) -> dict[str, LocalImageModel]:
    """The models that are offered, and after them those that a person has added."""
    models = dict(catalogue)
    for folder in folders_in(models_dir):
        if folder.name in catalogue or not OWN_ID.fullmatch(folder.name):
            continue
        # Imported late: most people have none.
        from providers.weights.installed import manifest_of

        manifest = manifest_of(folder)
        if manifest is None or manifest.own is None or manifest.model != folder.name:
            continue
        row = _row(manifest, manifest.own, catalogue)
        if row is not None:
            models[manifest.model] = row
    return models


def _row(
    manifest: ModelManifest, own: OwnModel, catalogue: Mapping[str, LocalImageModel]
) -> LocalImageModel | None:
    like = catalogue.get(own.like)
    if like is None and (own.like or not own.pipeline_class):
        return None
    added_on, size_bytes = manifest.installed_at.date(), manifest.size_bytes
    if like is None:
        like = _unoffered(own.pipeline_class)
    row = like.of_person(
        manifest.model,
        own.label,
        added_from=own.added_from,
        size_bytes=size_bytes,
        added_on=added_on,
    )
    return row.with_file(own.transformer_file, own.like)


def _unoffered(pipeline_class: str) -> LocalImageModel:
    """What a model of a family is run like that is not offered."""
    family = family_of_class(pipeline_class)
    profile = _PROFILES.get(family.id, _ANY)
    spec = spec_of(
        family.id,
        family.label,
        "",
        family,
        profile,
        licence=_OWN_LICENCE,
        needs=Needs(note="As much as its weights take."),
        size_bytes=0,
    )
    return LocalImageModel(spec, family, profile)
