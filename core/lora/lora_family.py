"""Which models a LoRA fits: the layers of each family of models, under every name they go by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import Field

from core.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.lora.lora_file import LoraFile, LoraPair

# What programs write before the name of a layer, the longest first.
_PREFIXES = (
    "base_model.model.",
    "model.diffusion_model.",
    "diffusion_model.",
    "transformer.",
    "model.",
)
# The same where dots have become underscores.
_FLAT_PREFIXES = ("lora_transformer_", "lora_unet_", "lycoris_", "lora_", "transformer_")
_MAIN = "transformer."
# Where a file says what it was made for.
_BASE_NOTES = (
    "model_version",
    "base_model",
    "base_model_version",
    "ss_base_model_version",
    "modelspec.architecture",
    "ss_sd_model_name",
    "modelspec.title",
)


class LoraLayer(Frozen):
    """A layer of a model that a LoRA can change, or one in each block.

    Attributes:
        name: from the pipeline's part on, such as "transformer.transformer_blocks.*.ff.net.2"; the
            star is the number of the block.
        count: of blocks; 1 without a star.
        others: what other programs call it, without the part.
    """

    name: str
    in_features: int
    out_features: int
    count: int = Field(default=1, ge=1)
    others: tuple[str, ...] = ()

    def numbered(self, number: int) -> LoraLayer:
        """The same layer of one block."""
        return self.model_copy(update={"name": _numbered(self.name, number), "count": 1})


class LoraFamily(Frozen):
    """Models that take the same LoRAs.

    Attributes:
        label: in sentences.
        marks: what stands in the notes of a file that was made for it, in small letters.
        sheet_lora: what the file of the makers' IC-LoRA is called, in small letters and without its
            suffix, that follows reference images and no control video.
    """

    id: str
    label: str
    layers: tuple[LoraLayer, ...]
    marks: tuple[str, ...] = ()
    sheet_lora: str = ""

    @cached_property
    def names(self) -> dict[str, LoraLayer]:
        """Every name under which a layer may stand in a file, flat ones too, and the layer."""
        names: dict[str, LoraLayer] = {}
        for layer in self.layers:
            inner = layer.name.removeprefix(_MAIN)
            for number in range(layer.count):
                one = layer.numbered(number)
                for name in (layer.name, inner, *layer.others):
                    full = _numbered(name, number)
                    names[full] = one
                    names.setdefault(full.replace(".", "_"), one)
        return names


@dataclass(frozen=True)
class PlacedPair:
    """One pair of a file, and the layer of the model that it changes."""

    layer: str
    pair: LoraPair


@dataclass(frozen=True)
class LoraFit:
    """How a LoRA lies on a family.

    Attributes:
        placed: every pair of the file with its layer; empty where it does not fit.
        misfit: why it does not fit, as what follows "The LoRA 'x' "; empty where it does.
    """

    placed: tuple[PlacedPair, ...] = ()
    misfit: str = ""


def fit_lora(file: LoraFile, family: LoraFamily) -> LoraFit:
    """Where each pair of a file belongs in the models of a family, or why it does not fit."""
    placed: dict[str, LoraPair] = {}
    unknown: list[str] = []
    other_size: list[str] = []
    twice: list[str] = []
    for pair in file.pairs:
        known = find_layer(pair.layer, family.names)
        if known is None:
            unknown.append(pair.layer)
        elif (known.in_features, known.out_features) != (pair.in_features, pair.out_features):
            other_size.append(
                f"{pair.layer!r} leads from {pair.in_features} values to {pair.out_features}, in "
                f"{family.label} from {known.in_features} to {known.out_features}"
            )
        elif known.name in placed:
            twice.append(pair.layer)
        else:
            placed[known.name] = pair
    total = len(file.pairs)
    if len(unknown) == total:
        return LoraFit(
            misfit=f"is for another kind of model than {family.label}, which has none of its "
            f"{total} layers, such as {unknown[0]!r}"
        )
    if len(other_size) + len(unknown) == total:
        return LoraFit(
            misfit=f"is for a model of another size than {family.label}: {other_size[0]}"
        )
    if unknown or other_size:
        wrong = len(unknown) + len(other_size)
        first = f"{unknown[0]!r} is not there" if unknown else other_size[0]
        return LoraFit(
            misfit=f"fits {family.label} only in part, {total - wrong} of {total} layers: {first}"
        )
    if twice:
        return LoraFit(misfit=f"changes a layer of {family.label} twice: {twice[0]!r}")
    return LoraFit(tuple(PlacedPair(layer, pair) for layer, pair in placed.items()))


def families_of(file: LoraFile, families: Iterable[LoraFamily]) -> tuple[LoraFamily, ...]:
    """The families whose layers a LoRA has, by names and sizes."""
    return tuple(family for family in families if not fit_lora(file, family).misfit)


def base_of(
    file: LoraFile, families: Iterable[LoraFamily], said_elsewhere: str = ""
) -> LoraFamily | None:
    """The family that a file says it was made for, among these; None where it does not say."""
    notes = (said_elsewhere, *(file.metadata.get(name, "") for name in _BASE_NOTES))
    for note in notes:
        text = note.casefold()
        found = [family for family in families if any(mark in text for mark in family.marks)]
        if len(found) == 1:
            return found[0]
    return None


def _numbered(name: str, number: int) -> str:
    return name.replace("*", str(number), 1)


def find_layer(layer: str, names: Mapping[str, LoraLayer]) -> LoraLayer | None:
    """The layer of a family, by any name that programs have for it; `names` are the family's."""
    candidates = [layer]
    for prefix in _PREFIXES:
        candidates += [name.removeprefix(prefix) for name in candidates if name.startswith(prefix)]
    for prefix in _FLAT_PREFIXES:
        if layer.startswith(prefix):
            candidates.append(layer.removeprefix(prefix))
    return next((names[name] for name in candidates if name in names), None)
