"""A person's own image checkpoint: what its files hold, and which family it is one of.

A folder says itself by which pipeline it is run; a single file is known by the names of its
tensors, and its size by how many values they hold.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from core.errors import UnreadableWeights
from core.platform.safetensors_head import BYTES_OF_NUMBERS, SUFFIX, read_head
from providers.local_images.models.families import FAMILIES, family_of_class
from providers.weights.diffusers_folder import (
    INDEX,
    broken_folder,
    files_of,
    parts_of,
    refuse_pickle,
    weights_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from core.platform.safetensors_head import StoredTensor
    from providers.local_images.models.families import ImageFamily

# Pipelines of diffusers that make clips, sounds or nothing by words alone.
_OTHER_THINGS = ("video", "audio", "ltx", "wan", "mochi", "cogvideo", "allegro", "music", "i2v")
_HINT = f"Name a folder in the layout of diffusers, or one {SUFFIX} file."
_DISTILLED = ("turbo", "lightning", "distill", "schnell", "hyper", "lcm", "dmd")
_EDIT = "edit"
_OTHER_PREFIXES = ("model.diffusion_model.", "diffusion_model.", "")


@dataclass(frozen=True)
class ImageCheckpoint:
    """A checkpoint whose heads were read and found to be in order.

    Attributes:
        path: a folder in the layout of diffusers, or one file.
        pipeline_class: what the folder's index names; empty of a file.
        values: how many numbers its denoiser holds.
        is_distilled: whether it says, or its name does, that it takes a few steps alone.
    """

    path: Path
    family: ImageFamily
    pipeline_class: str
    values: int
    is_distilled: bool

    @property
    def is_single_file(self) -> bool:
        """Whether what it lacks has to come from another model."""
        return not self.path.is_dir()

    def files(self) -> tuple[Path, ...]:
        """What it consists of."""
        return (self.path,) if self.is_single_file else files_of(self.path)


def read_checkpoint(path: Path, families: Iterable[ImageFamily] = FAMILIES) -> ImageCheckpoint:
    """The checkpoint at a path.

    Raises:
        UnreadableWeights: it is missing, damaged, unsafe, or no model for images, in one sentence.
    """
    if not path.exists():
        raise UnreadableWeights(f"There is nothing at {str(path)!r}.", hint=_HINT)
    return _of_folder(path) if path.is_dir() else _of_file(path, families)


def denoiser_values(folder: Path, part: str) -> int:
    """How many numbers a part of a folder holds; 0 where it has no weights.

    Raises:
        UnreadableWeights: a file of it is damaged.
    """
    return sum(prod(tensor.shape) for tensor in _tensors(folder, part).values())


def _tensors(folder: Path, part: str) -> dict[str, StoredTensor]:
    tensors: dict[str, StoredTensor] = {}
    for name in weights_of(folder / part, folder):
        tensors |= read_head(folder / part / name, repr(str(folder / part / name))).tensors
    return tensors


def _of_folder(folder: Path) -> ImageCheckpoint:
    parts = parts_of(folder)
    index: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    named = index.get("_class_name")
    if isinstance(named, list):
        raise broken_folder(folder, f"its {INDEX} names a program of its own, which is not run")
    pipeline_class = str(named or "")
    lower = pipeline_class.casefold()
    if not pipeline_class.endswith("Pipeline") or any(word in lower for word in _OTHER_THINGS):
        raise UnreadableWeights(
            f"The folder {str(folder)!r} is run by {pipeline_class or 'nothing that it names'}, "
            "which makes no images of words.",
            hint="Name the folder of a model for images.",
        )
    family = family_of_class(pipeline_class)
    values = 0
    for part in parts:
        inside = folder / part
        if not inside.is_dir():
            raise broken_folder(folder, f"{part}/ is missing")
        held = _tensors(folder, part)
        if part == family.denoiser:
            values = sum(prod(tensor.shape) for tensor in held.values())
    if not values and family.id != "other":
        raise broken_folder(folder, f"there are no weights in {family.denoiser}/")
    is_distilled = bool(index.get("is_distilled")) or _is_named_distilled(folder)
    return ImageCheckpoint(folder, family, pipeline_class, values, is_distilled)


def _of_file(path: Path, families: Iterable[ImageFamily]) -> ImageCheckpoint:
    refuse_pickle(path)
    if path.suffix.casefold() != SUFFIX:
        raise UnreadableWeights(f"{str(path)!r} is no {SUFFIX} file.", hint=_HINT)
    tensors = read_head(path, repr(str(path))).tensors
    # Two families may have the same layers, and differ in what they learned.
    is_edit = _EDIT in path.name.casefold()
    for family in sorted(families, key=lambda one: (_EDIT in one.id) is not is_edit):
        prefix = _prefix(tensors, family)
        if prefix is None:
            continue
        held = {name: one for name, one in tensors.items() if name.startswith(prefix)}
        odd = next((n for n, one in held.items() if one.dtype not in BYTES_OF_NUMBERS), "")
        if odd:
            raise UnreadableWeights(
                f"{str(path)!r} is stored in {held[odd].dtype} numbers ({odd!r}), which are not "
                "read here.",
                hint="Get it in 16 or 32 bit.",
            )
        values = sum(prod(one.shape) for one in held.values())
        return ImageCheckpoint(path, family, "", values, _is_named_distilled(path))
    known = ", ".join(dict.fromkeys(family.label for family in families if family.marks))
    raise UnreadableWeights(
        f"{str(path)!r} is of no family that is known by a single file ({known}).",
        hint="Name the model's folder in the layout of diffusers.",
    )


def _prefix(tensors: dict[str, StoredTensor], family: ImageFamily) -> str | None:
    """What stands before the names of a family's denoiser; None where it is no file of it."""
    for prefix in _OTHER_PREFIXES:
        if family.marks and all(
            f"{mark.prefix or prefix}{mark.key}" in tensors for mark in family.marks
        ):
            return family.marks[0].prefix or prefix
    return None


def _is_named_distilled(path: Path) -> bool:
    name = path.name.casefold()
    return any(word in name for word in _DISTILLED)
