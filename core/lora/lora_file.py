"""A LoRA by the head of its file: which layers it changes, its rank, and what it says of itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from core.errors import UnreadableLora, UnreadableWeights
from core.platform.safetensors_head import BYTES_OF_NUMBERS, SUFFIX, StoredTensor, read_head

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

# How programs end the names of the two matrices of one layer: into the few values, and out again.
_HALVES = (
    (".lora_A.weight", ".lora_B.weight"),
    (".lora_A.default.weight", ".lora_B.default.weight"),
    (".lora_down.weight", ".lora_up.weight"),
    (".lora.down.weight", ".lora.up.weight"),
)
_ALPHA = ".alpha"
# Relatives of the LoRA that are computed in other ways, by what their files have in their names.
_RELATIVES = {
    "hada_w": "LoHa",
    "lokr_": "LoKr",
    "oft_": "OFT",
    "dora_scale": "DoRA",
    "lora_magnitude_vector": "DoRA",
    "lora_mid": "LoCon",
    "glora_": "GLoRA",
}
# What says in a file that the LoRA is one that follows a reference video.
_REFERENCE = re.compile(r"^(reference_(downscale|spatial_scale|temporal_scale)_factor|"
                        r"reference_slot_.*|ic_lora.*)$")  # fmt: skip
_DOWNSCALE = "reference_downscale_factor"
_OTHER_REFERENCE = re.compile(r"^reference_((spatial|temporal)_scale_factor|slot_.*)$")
_REFERENCE_NAME = re.compile(r"(^|[^a-z])ic[-_]?lora([^a-z]|$)")


@dataclass(frozen=True)
class LoraPair:
    """What changes one layer: a matrix that leads into few values, and one that leads out again.

    Attributes:
        layer: as the file calls it, whatever its layout.
        down, up: the names of the matrices, (rank, in) and (out, rank), in the file.
        alpha: the name of the number that scales them; empty where they count as they are.
    """

    layer: str
    down: str
    up: str
    alpha: str
    rank: int
    in_features: int
    out_features: int


@dataclass(frozen=True, eq=False)
class LoraFile:
    """A LoRA whose head was read and found to be in order; its weights were not looked at.

    Equal to itself alone: reading the same file again gives the same object.
    """

    path: Path
    size_bytes: int
    pairs: tuple[LoraPair, ...]
    metadata: Mapping[str, str]

    @property
    def ranks(self) -> tuple[int, ...]:
        """The ranks of its layers, each once, smallest first."""
        return tuple(sorted({pair.rank for pair in self.pairs}))

    @property
    def billions(self) -> float:
        """Its parameters, in billions."""
        values = sum(pair.rank * (pair.in_features + pair.out_features) for pair in self.pairs)
        return values / 1e9

    @property
    def reference(self) -> str:
        """What in its head says that it follows a reference video; empty where nothing does."""
        found = [
            f"{key} = {value}" for key, value in self.metadata.items() if _REFERENCE.match(key)
        ]
        return ", ".join(sorted(found))

    @property
    def is_for_reference(self) -> bool:
        """Whether it is an IC-LoRA, by its head or at least by its name."""
        return bool(self.reference) or self.is_named_for_reference

    @property
    def reference_downscale(self) -> int | None:
        """How many times smaller than the clip its reference video is, 1 where the head is silent.

        None where that is no whole number, or where the reference differs from the clip in another
        way too.
        """
        if any(
            _OTHER_REFERENCE.match(key) and _whole(value) != 1
            for key, value in self.metadata.items()
        ):
            return None
        return _whole(self.metadata.get(_DOWNSCALE, "1"))

    @property
    def is_named_for_reference(self) -> bool:
        """Whether at least its name says so, where its head does not."""
        return _REFERENCE_NAME.search(self.path.stem.casefold()) is not None

    def scale_of(self, layer: str, rank: int) -> float:
        """By how much a layer is scaled where the head says it, as diffusers writes it; else 1."""
        return _adapter_scale(self.metadata.get("lora_adapter_metadata", ""), layer, rank)


def read_lora(path: Path) -> LoraFile:
    """What the head of a file says; quick, however large the file is.

    Raises:
        UnreadableLora: it is missing, damaged or holds no LoRA, in one sentence.
    """
    name = f"The LoRA {str(path)!r}"
    try:
        if path.is_dir():
            raise UnreadableLora(f"{name} is a folder. Name the {SUFFIX} file in it.")
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UnreadableLora(
            f"There is no LoRA at {str(path)!r}. Choose another file or remove it."
        ) from error
    except (OSError, ValueError) as error:
        raise UnreadableLora(f"{name} cannot be read: {_why(error)}.") from error
    if path.suffix.casefold() != SUFFIX:
        raise UnreadableLora(f"{name} is no {SUFFIX} file. Choose the file of that kind.")
    return _read(path, found.st_size, found.st_mtime_ns)


# A plan is made anew with each key that is typed.
@lru_cache(maxsize=64)
def _read(path: Path, size_bytes: int, _modified_ns: int) -> LoraFile:
    name = f"The LoRA {str(path)!r}"
    try:
        head = read_head(path, name)
    except UnreadableWeights as error:
        raise UnreadableLora(str(error)) from error
    return LoraFile(path, size_bytes, _pairs(head.tensors, name), head.metadata)


def _pairs(tensors: dict[str, StoredTensor], name: str) -> tuple[LoraPair, ...]:
    """The pairs of matrices, and nothing beside them.

    Raises:
        UnreadableLora: there are none, or something else is there too.
    """
    for part, relative in _RELATIVES.items():
        if any(part in key for key in tensors):
            raise UnreadableLora(
                f"{name} is a {relative}, which is computed in another way than a LoRA and cannot "
                "be used here. Choose a plain LoRA."
            )
    left = dict(tensors)
    pairs: list[LoraPair] = []
    for key in tensors:
        for down_end, up_end in _HALVES:
            layer = key.removesuffix(down_end)
            up = f"{layer}{up_end}"
            if layer == key or up not in left:
                continue
            alpha = f"{layer}{_ALPHA}" if f"{layer}{_ALPHA}" in left else ""
            pairs.append(_pair(layer, key, up, alpha, tensors, name))
            for used in (key, up, alpha):
                left.pop(used, None)
            break
    if not pairs:
        count = (
            f"none of its {len(tensors)} tensors is" if tensors else "it has no tensors that are"
        )
        raise UnreadableLora(f"{name} holds no LoRA: {count} a pair of LoRA matrices.")
    if left:
        raise UnreadableLora(
            f"{name} would work only in part: {len(left)} of its {len(tensors)} tensors belong to "
            f"no LoRA, such as {min(left)!r}. Get a whole copy of it, or choose another."
        )
    return tuple(pairs)


def _pair(
    layer: str, down: str, up: str, alpha: str, tensors: dict[str, StoredTensor], name: str
) -> LoraPair:
    into, out = tensors[down], tensors[up]
    if not {into.dtype, out.dtype} <= BYTES_OF_NUMBERS.keys():
        odd = into.dtype if into.dtype not in BYTES_OF_NUMBERS else out.dtype
        raise UnreadableLora(
            f"{name} is stored in {odd} numbers, which are not read here. Choose one in 16 or "
            "32 bit."
        )
    if len(into.shape) != 2 or len(out.shape) != 2 or into.shape[0] != out.shape[1]:
        raise UnreadableLora(
            f"{name} is damaged, or for another kind of model: the matrices of {layer!r}, "
            f"{list(into.shape)} and {list(out.shape)}, do not go together."
        )
    if min(*into.shape, *out.shape) < 1:
        raise UnreadableLora(f"{name} is damaged: the matrices of {layer!r} are empty.")
    return LoraPair(layer, down, up, alpha, into.shape[0], into.shape[1], out.shape[0])


def _adapter_scale(stored: str, layer: str, rank: int) -> float:
    """What diffusers keeps of the settings of the training: one dotted name each, as JSON."""
    try:
        fields: Any = json.loads(stored) if stored else {}
        part, _, inner = layer.partition(".")
        settings: dict[str, Any] = {
            key.removeprefix(f"{part}."): value
            for key, value in fields.items()
            if key.startswith(f"{part}.")
        }
        alpha = settings.get("lora_alpha")
        patterns = cast("dict[str, Any]", settings.get("alpha_pattern") or {})
        for name, value in patterns.items():
            if inner == name or inner.endswith(f".{name}"):
                alpha = value
        if alpha is None:
            return 1.0
        return float(alpha) / (rank**0.5 if settings.get("use_rslora") else rank)
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return 1.0


def _whole(text: str) -> int | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() and number >= 1 else None


def _why(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def words_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Words that commas divide, each once, in order."""
    words = (word.strip() for text in texts for word in text.split(","))
    return tuple(dict.fromkeys(word for word in words if word))
