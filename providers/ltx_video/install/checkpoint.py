"""A person's own checkpoint: what its files hold, and which family's models it is one of.

A family is known by the shapes of its layers, which stand in the heads of the files: names of files
and notes in them are anybody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UnreadableWeights
from core.lora.lora_family import find_layer
from core.platform.gguf_head import GGUF_FORMATS, GGUF_SUFFIX, read_gguf_head
from core.platform.safetensors_head import BYTES_OF_NUMBERS, SUFFIX, read_head
from providers.weights.diffusers_folder import (
    broken_folder,
    files_of,
    parts_of,
    refuse_pickle,
    weights_of,
)
from providers.weights.packed_layers import INT8, NF4, as_they_stand_for
from providers.weights.weights_spec import TRANSFORMER, WEIGHT_SCALES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from core.lora.lora_family import LoraFamily, LoraLayer
    from core.platform.safetensors_head import StoredTensor

_TRANSFORMER_LAYER = "transformer."
_WEIGHT = ".weight"
_READABLE = {*BYTES_OF_NUMBERS, *GGUF_FORMATS, NF4, INT8}
_KINDS_HINT = f"Name a folder in the layout of diffusers, or a {SUFFIX} or {GGUF_SUFFIX} file."


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose heads were read and found to be in order.

    Attributes:
        path: a folder in the layout of diffusers, or one file with the transformer.
        family: whose layers its transformer has, each with its shape.
        is_bfloat16: whether it is stored in the numbers in which it is computed.
        quantization: what most of it is stored in, such as "Q4_K"; empty where it is no GGUF file.
    """

    path: Path
    family: LoraFamily
    is_bfloat16: bool
    quantization: str = ""

    @property
    def is_single_file(self) -> bool:
        """Whether everything but the transformer has to come from another model."""
        return not self.path.is_dir()

    def files(self) -> tuple[Path, ...]:
        """What it consists of; other things in its folder are left where they are."""
        if self.is_single_file:
            return (self.path,)
        return files_of(self.path)


def read_checkpoint(path: Path, families: Iterable[LoraFamily]) -> Checkpoint:
    """The checkpoint at a path.

    Raises:
        UnreadableWeights: it is missing, damaged, unsafe, or of no family, in one sentence.
    """
    if not path.exists():
        raise UnreadableWeights(
            f"There is nothing at {str(path)!r}.",
            hint=_KINDS_HINT,
        )
    name, quantization = repr(str(path)), ""
    if path.is_dir():
        tensors = _of_folder(path)
    elif path.suffix.casefold() == GGUF_SUFFIX:
        head = read_gguf_head(path, name)
        tensors, quantization = head.tensors, head.quantization
        # What it says it is helps people; what it is stands in the shapes.
        name = f"{name}, a GGUF file of the kind {head.architecture!r},"
    else:
        tensors = _of_file(path)
    match, family = _family_of(tensors, tuple(families), name)
    if path.is_dir() and any(name.endswith(WEIGHT_SCALES) for name in tensors):
        raise UnreadableWeights(
            f"The folder {str(path)!r} holds its transformer in 8 bit with scales.",
            hint="Only a single file can be read like that.",
        )
    return Checkpoint(path, family, match.is_bfloat16, quantization)


def _of_file(path: Path) -> dict[str, StoredTensor]:
    refuse_pickle(path)
    if path.suffix.casefold() != SUFFIX:
        raise UnreadableWeights(
            f"{str(path)!r} is no {SUFFIX} file, and no {GGUF_SUFFIX} file either.",
            hint=_KINDS_HINT,
        )
    name = repr(str(path))
    return as_they_stand_for(read_head(path, name), path, name)


def _of_folder(folder: Path) -> dict[str, StoredTensor]:
    """The transformer's tensors; every other part is looked at too."""
    tensors: dict[str, StoredTensor] = {}
    for part in parts_of(folder):
        inside = folder / part
        if not inside.is_dir():
            raise broken_folder(folder, f"{part}/ is missing")
        names = weights_of(inside, folder)
        for name in names:
            head = read_head(inside / name, repr(str(inside / name)))
            if part == TRANSFORMER:
                tensors |= head.tensors
    if not tensors:
        raise broken_folder(folder, f"there are no weights in {TRANSFORMER}/")
    return tensors


def _family_of(
    tensors: Mapping[str, StoredTensor], families: tuple[LoraFamily, ...], name: str
) -> tuple[_Match, LoraFamily]:
    known = [(_Match(tensors, family), family) for family in families]
    fitting = [(match, family) for match, family in known if match.is_whole]
    if fitting:
        # The layers of one family may be among those of another, which is then the right one.
        match, family = max(fitting, key=lambda one: one[0].count)
        if match.odd:
            raise UnreadableWeights(
                f"{name} is stored in {tensors[match.odd].dtype} numbers ({match.odd!r}), which "
                "are not read here.",
                hint="Get it in 16, 32 or 8 bit (float8, int8), in NF4, or as a GGUF file.",
            )
        return match, family
    match, family = max(known, key=lambda one: (one[0].count, -len(one[0].other_shapes)))
    if not match.count:
        labels = ", ".join(family.label for family in families)
        raise UnreadableWeights(
            f"{name} is of no known family of models ({labels}): it has none of their layers.",
            hint="Only the transformers of these models can be added.",
        )
    raise UnreadableWeights(
        f"{name} is most like {family.label} and no model of that family: {match.why_not}.",
        hint="Get a whole copy of it, or one of a known family.",
    )


class _Match:
    """How the tensors of a checkpoint lie on a family's transformer."""

    def __init__(self, tensors: Mapping[str, StoredTensor], family: LoraFamily) -> None:
        wanted = {
            layer.numbered(number).name: layer
            for layer in family.layers
            if layer.name.startswith(_TRANSFORMER_LAYER)
            for number in range(layer.count)
        }
        self.other_shapes: list[str] = []
        self.odd = ""
        self.is_bfloat16 = True
        seen: set[str] = set()
        blocks_too_many: str = ""
        for key, tensor in tensors.items():
            if not key.endswith(_WEIGHT) or len(tensor.shape) != 2:
                continue
            layer = find_layer(key.removesuffix(_WEIGHT), family.names)
            if layer is None:
                blocks_too_many = blocks_too_many or (key if "transformer_blocks." in key else "")
            elif layer.name in wanted:
                seen.add(layer.name)
                self.is_bfloat16 = self.is_bfloat16 and tensor.dtype == "BF16"
                self.odd = self.odd or ("" if tensor.dtype in _READABLE else key)
                if tensor.shape != (layer.out_features, layer.in_features):
                    self.other_shapes.append(_difference(key, tensor, layer))
        self.count = len(seen) - len(self.other_shapes)
        self._absent = [layer for layer in wanted if layer not in seen]
        self._more = blocks_too_many

    @property
    def is_whole(self) -> bool:
        """Whether every layer is there with its shape, and no other layer of a block."""
        return not (self.other_shapes or self._absent or self._more)

    @property
    def why_not(self) -> str:
        """What is wrong, as the end of a sentence."""
        if self.other_shapes:
            return self.other_shapes[0]
        if self._absent:
            name = self._absent[0].removeprefix(_TRANSFORMER_LAYER)
            return f"{len(self._absent)} of its layers are missing, such as {name!r}"
        return f"that family has no layer {self._more!r}"


def _difference(key: str, tensor: StoredTensor, layer: LoraLayer) -> str:
    return (
        f"{key!r} has the shape {list(tensor.shape)}, there "
        f"{[layer.out_features, layer.in_features]}"
    )
