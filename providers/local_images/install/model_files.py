"""An image model's folder as it is on disk: whether it is whole, its parts, its layers."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

from core.errors import UnreadableWeights
from core.lora.lora_family import LoraFamily, LoraLayer
from core.platform.safetensors_head import SUFFIX, read_head
from core.platform.units import bytes_text
from core.video.model_store import OnDisk
from core.video.provider import NotReady, ReasonCode
from providers.local_images.models.info import FOLDER
from providers.local_images.models.lora_names import other_names
from providers.weights.installed import check_installed, model_folder
from providers.weights.model_folder import model_key

if TYPE_CHECKING:
    from pathlib import Path

    from core.platform.paths import Paths
    from providers.local_images.models.catalog import LocalImageModel

_BYTES_IN_16_BIT = 2
_GB = 1e9
_TEXT_ENCODER = "text_encoder"
_WEIGHT = ".weight"
# Where the parts lie whose layers a LoRA may change.
_CHANGED_PARTS = ("transformer", "unet", "text_encoder", "text_encoder_2")


def images_dir(paths: Paths) -> Path:
    """Where image models lie."""
    return paths.models_dir / FOLDER


def files_problem(model: LocalImageModel, models_dir: Path) -> NotReady | None:
    """What keeps a model's files from being used, and what to do; None where they can be."""
    label, fix = model.spec.label, way_to_repair(model)
    found = check_installed(models_dir, model.id)
    match found.on_disk:
        case OnDisk.WHOLE:
            return None
        case OnDisk.NOTHING:
            size = bytes_text(model.spec.size_bytes or 0)
            return NotReady(
                ReasonCode.NOT_INSTALLED,
                f"{label} is not installed. It is a download of {size} under the "
                f"{model.spec.licence.name} licence.",
                fix,
            )
        case OnDisk.PARTLY:
            return NotReady(ReasonCode.NOT_INSTALLED, f"{label}: {found.reason}", fix)
        case OnDisk.DAMAGED:
            return NotReady(ReasonCode.DAMAGED, f"{label}: {found.reason}", fix)


def way_to_repair(model: LocalImageModel) -> str:
    """What to do so that its files are whole."""
    if model.weights is None:
        return (
            f"Put the files back as they were, or run 'main.py models remove {model.id}' and add "
            f"the model again from {model.added_from!r}."
        )
    return (
        f"Get the folder of {model.weights.page_url} and make it a model by 'main.py models add "
        f"FOLDER --name NAME --like {model.id}'."
    )


def parts_gb(model: LocalImageModel, models_dir: Path) -> dict[str, float]:
    """By part, how much it takes in 16 bit: by its files, or until these are here by the table."""
    folder = model_folder(models_dir, model.id)
    if check_installed(models_dir, model.id).on_disk is not OnDisk.WHOLE:
        return dict(model.parts_gb)
    return dict(_parts_gb(folder, model_key(folder), model.family.denoiser, model.single_file))


@lru_cache(maxsize=32)
def _parts_gb(
    folder: Path, _key: str, denoiser: str, single_file: str | None
) -> tuple[tuple[str, float], ...]:
    found: dict[str, float] = {}
    for file in sorted(folder.rglob(f"*{SUFFIX}")):
        place = file.relative_to(folder).as_posix()
        part = denoiser if place == single_file else place.split("/", maxsplit=1)[0]
        try:
            tensors = read_head(file, repr(str(file))).tensors
        except UnreadableWeights:
            continue  # told by whoever loads it
        values = sum(prod(tensor.shape) for tensor in tensors.values())
        found[part] = found.get(part, 0.0) + values * _BYTES_IN_16_BIT / _GB
    return tuple(found.items())


def lora_family(model: LocalImageModel, models_dir: Path) -> LoraFamily:
    """The layers that a LoRA may change, as the model's own files have them.

    Of a checkpoint in one file, whose layers are called otherwise, those of the model that it is
    run like: they are as many and as large.
    """
    folder = model_folder(models_dir, model.id)
    if model.single_file is not None and model.like:
        folder = model_folder(models_dir, model.like)
    layers = _layers(folder, model_key(folder), model.family.id) if folder.is_dir() else ()
    return LoraFamily(id=model.family.id, label=model.spec.label, layers=layers)


@lru_cache(maxsize=8)
def _layers(folder: Path, _key: str, family: str) -> tuple[LoraLayer, ...]:
    layers: list[LoraLayer] = []
    for part in _CHANGED_PARTS:
        for file in sorted((folder / part).glob(f"*{SUFFIX}")):
            try:
                tensors = read_head(file, repr(str(file))).tensors
            except UnreadableWeights:
                continue
            for key, tensor in tensors.items():
                if key.endswith(_WEIGHT) and len(tensor.shape) == 2:
                    inner = key.removesuffix(_WEIGHT)
                    layers.append(
                        LoraLayer(
                            name=f"{part}.{inner}",
                            in_features=tensor.shape[1],
                            out_features=tensor.shape[0],
                            others=other_names(family, part, inner),
                        )
                    )
    return tuple(layers)
