"""The LoRAs that are laid over the model: files, each with its strength."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QPushButton
from typing_extensions import override

from core.lora.lora_library import read_library
from core.video.inputs import scale_of
from core.video.lora_check import lora_problem
from core.video.request import Input
from core.video.terms import Role
from gui.render.input_list import InputList, InputRow
from gui.theme import GAP, Tone
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import named
from gui.widgets.file_field import FileKind
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.number_field import Limits, NumberField, NumberLook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.video.provider import ProviderInfo
    from core.video.spec import ModelSpec

_SUFFIX = ".safetensors"
_KIND = FileKind("LoRA files", (f"LoRA (*{_SUFFIX})",))
_SCALE = Limits(0, 2)


@dataclass(frozen=True)
class OfferedLora:
    """One of a person's own LoRAs, and why the chosen model cannot take it; empty where it can.

    Attributes:
        follows: whether it is an IC-LoRA, which is chosen with the control video that it follows.
    """

    name: str
    path: Path
    trigger_words: tuple[str, ...] = ()
    notes: str = ""
    why_not: str = ""
    follows: bool = False

    @property
    def hint(self) -> str:
        """What it is for, what a prompt has to say for it, and what is noted of it."""
        words = ", ".join(self.trigger_words)
        said = (
            "An IC-LoRA, which follows a control video or reference images" if self.follows else "",
            f"Say in the prompt: {words}" if words else "",
            self.notes,
        )
        return ". ".join(filter(None, said))


def offered_loras(
    folders: Sequence[Path], info: ProviderInfo, spec: ModelSpec
) -> tuple[OfferedLora, ...]:
    """A person's own LoRAs for a model; reads the folders, so not on the main thread."""
    family = info.lora_family(spec)
    sheet_loras = {one.sheet_lora for one in info.lora_families()} - {""}
    offered: list[OfferedLora] = []
    for found in read_library(folders) if spec.limit(Role.LORA) else ():
        why_not = found.problem
        if found.file is not None and family is not None:
            why_not = lora_problem(
                found.file,
                family,
                info.lora_families(),
                has_reference=spec.limit(Role.CONTROL) + spec.limit(Role.REFERENCE) > 0,
            )
        if found.path.stem.casefold() in sheet_loras:
            why_not = "It follows reference images: with those it is used by itself."
        notes, follows = found.notes, found.file is not None and found.file.is_for_reference
        offered.append(
            OfferedLora(found.name, found.path, notes.trigger_words, notes.notes, why_not, follows)
        )
    return tuple(offered)


class LoraList(InputList):
    """Edits the LoRAs among the inputs; a person's own are offered by their names."""

    def __init__(self) -> None:
        tip = f"Lay a file of small weights ({_SUFFIX}) over the model's own"
        super().__init__(
            named(QPushButton("Add &LoRA…"), "lora_add", tip),
            _KIND,
            make_row=self._make_lora_row,
            is_wanted=lambda path: path.suffix.casefold() == _SUFFIX,
            inputs_for=self._loras_for,
        )
        self._offered: tuple[OfferedLora, ...] = ()
        tip = "Your own LoRAs, from the folder of LoRAs beside the models"
        self._own = named(ChoiceField(), "lora_own", tip, "Your own LoRAs")
        self.lines.addLayout(FlowLayout(self.add, self._own, gap=GAP // 2))
        self._own.edited.connect(self._on_own)
        self._show_own()

    def set_offered(self, offered: tuple[OfferedLora, ...]) -> None:
        """Offer a person's own LoRAs by their names."""
        self._offered = offered
        self._show_own()
        self.show_inputs(self.items, self.limit)

    @override
    def show_inputs(self, items: tuple[Input, ...], limit: int) -> None:
        super().show_inputs(items, limit)
        self._own.setEnabled(not self.is_full)

    def _make_lora_row(self, number: int) -> InputRow:
        return _LoraRow(number, self._offer_of)

    def _offer_of(self, path: Path) -> OfferedLora | None:
        return next((offer for offer in self._offered if offer.path == path), None)

    def _loras_for(self, paths: tuple[Path, ...]) -> tuple[Input, ...]:
        known = {lora.path for lora in self.items}
        return tuple(
            Input(role=Role.LORA, path=path, strength=1.0) for path in paths if path not in known
        )

    def _show_own(self) -> None:
        own = [offer for offer in self._offered if not offer.follows]
        self._own.setVisible(bool(own))
        choices = [Choice(None, "Choose one of your own…")]
        choices += [Choice(offer.path, offer.name, offer.why_not, tip=offer.hint) for offer in own]
        self._own.show_choices(choices, None)

    @Slot(object)
    def _on_own(self, path: object) -> None:
        self._show_own()
        self.append(tuple(offer.path for offer in self._offered if offer.path == path))


class _LoraRow(InputRow):
    """One LoRA: its name, its scale, the button that removes it, and what it wants to read."""

    def __init__(self, number: int, offer_of: Callable[[Path], OfferedLora | None]) -> None:
        super().__init__(f"lora_remove_{number}", "Remove this LoRA")
        self._offer_of = offer_of
        self._scale = named(
            NumberField(_SCALE, NumberLook(step=0.05)),
            f"lora_scale_{number}",
            "How strongly it works: 0 not at all, 1 as it was made, at most 2",
        )
        self._hint = ToneLabel()
        line = hbox(self.name, self._scale, self.remove, grows=self.name)
        vbox(line, self._hint, gap=2, of=self)
        self._scale.edited.connect(partial(self.change, "strength"))

    @override
    def show_input(self, item: Input) -> None:
        super().show_input(item)
        offer = self._offer_of(item.path)
        why_not = offer.why_not if offer else ""
        hint = offer.hint if offer else ""
        self._hint.show_message(why_not or hint, Tone.WARNING if why_not else Tone.QUIET)
        self._scale.setAccessibleName(f"Scale of {item.path.stem}")
        self._scale.show_number(scale_of(item), _SCALE)
