"""The models that a person has added, as rows like those of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.platform.files import folders_in
from providers.ltx_video.models.catalog import BY_ID, LocalModel
from providers.weights.own_checkpoint import OWN_ID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from providers.weights.installed import ModelManifest, OwnModel

_GB = 1e9


def every_model(
    models_dir: Path, catalogue: Mapping[str, LocalModel] = BY_ID
) -> dict[str, LocalModel]:
    """The models of the catalogue, and after them those that a person has added."""
    models = dict(catalogue)
    for folder in folders_in(models_dir):
        if folder.name in catalogue or not OWN_ID.fullmatch(folder.name):
            continue
        # Imported late: most people have none.
        from providers.weights.installed import manifest_of

        manifest = manifest_of(folder)
        if manifest is None or manifest.own is None or manifest.model != folder.name:
            continue
        like = catalogue.get(manifest.own.like)
        if like is not None:
            models[manifest.model] = _row(manifest, manifest.own, like)
    return models


def _row(manifest: ModelManifest, own: OwnModel, like: LocalModel) -> LocalModel:
    needs = like.spec.needs
    if own.quantization:
        note = f"{needs.note} {kept_in(own.quantization)}".strip()
        needs = needs.model_copy(update={"note": note})
    spec = like.spec.model_copy(
        update={
            "id": manifest.model,
            "label": own.label,
            "summary": f"Your own checkpoint, run like {like.spec.label}.",
            "needs": needs,
            "size_bytes": manifest.size_bytes,
            "as_of": manifest.installed_at.date(),
            "source": own.added_from,
        }
    )
    profile = like.profile.model_copy(update={"transformer_file": own.transformer_file})
    stored = [file.size_bytes for file in manifest.files if file.place == own.transformer_file]
    footprint = like.footprint.model_copy(
        update={
            "is_mapped": own.is_mapped,
            "quantization": own.quantization,
            "quantized_gb": sum(stored) / _GB if own.quantization else 0.0,
        }
    )
    return LocalModel(
        spec=spec,
        profile=profile,
        footprint=footprint,
        weights=None,
        added_from=own.added_from,
    )


def kept_in(quantization: str) -> str:
    """How its weights are stored, as a sentence."""
    return f"Its transformer is kept in {quantization} (GGUF)."
