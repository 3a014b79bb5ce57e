"""The LoRAs that are laid over the model: files, each with its strength."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QWidget
from typing_extensions import override

from core.lora.lora_library import read_library
from core.video.lora_check import lora_problem, scale_of
from core.video.request import Input, Role
from gui.theme import Tone
from gui.widgets.buttons import IconButton
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import named
from gui.widgets.file_field import FileKind, choose_files, files_in
from gui.widgets.labels import ElidedLabel, ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.number_field import Limits, NumberField, NumberLook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtGui import QDragEnterEvent, QDropEvent

    from core.video.provider import ProviderInfo
    from core.video.spec import ModelSpec

_SUFFIX = ".safetensors"
_KIND = FileKind("LoRA files", (f"LoRA (*{_SUFFIX})",))
_SCALE = Limits(0, 2)


@dataclass(frozen=True)
class OfferedLora:
    """One of a person's own LoRAs, and why the chosen model cannot take it; empty where it can."""

    name: str
    path: Path
    trigger_words: tuple[str, ...] = ()
    notes: str = ""
    why_not: str = ""


def offered_loras(
    folders: Sequence[Path], info: ProviderInfo, spec: ModelSpec
) -> tuple[OfferedLora, ...]:
    """A person's own LoRAs for a model; reads the folders, so not on the main thread."""
    family = info.lora_family(spec)
    offered: list[OfferedLora] = []
    for found in read_library(folders) if spec.limit(Role.LORA) else ():
        why_not = found.problem
        if found.file is not None and family is not None:
            why_not = lora_problem(found.file, family, info.lora_families())
        notes = found.notes
        offered.append(
            OfferedLora(found.name, found.path, notes.trigger_words, notes.notes, why_not)
        )
    return tuple(offered)


class LoraList(QWidget):
    """Edits the LoRAs among the inputs; files can also be dropped on it.

    Signals:
        edited(tuple[Input, ...])
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._loras: tuple[Input, ...] = ()
        self._rows: list[_LoraRow] = []
        self._limit = 0
        self._offered: tuple[OfferedLora, ...] = ()
        self._note = ToneLabel()
        tip = "Lay a file of small weights over the model's own"
        self._add = named(QPushButton("Add &LoRA…"), "lora_add", tip)
        tip = "Your own LoRAs, from the folder of LoRAs beside the models"
        self._own = named(ChoiceField(), "lora_own", tip, "Your own LoRAs")
        self._lines = vbox(gap=2)
        vbox(self._lines, self._note, hbox(self._add, self._own, None), of=self)
        self.setAcceptDrops(True)
        self._add.clicked.connect(self._on_add)
        self._own.edited.connect(self._on_own)
        self._show_own()

    def set_offered(self, offered: tuple[OfferedLora, ...]) -> None:
        """Offer a person's own LoRAs by their names."""
        self._offered = offered
        self._show_own()
        self.show_loras(self._loras, self._limit)

    def show_loras(self, loras: tuple[Input, ...], limit: int) -> None:
        """Show these, of which the model takes at most `limit`; tells nobody."""
        self._loras, self._limit = loras, limit
        # Rows stay where they can, so that a spin box keeps the focus while it is turned.
        while len(self._rows) > len(loras):
            line = self._rows.pop()
            self._lines.removeWidget(line)
            line.hide()
            line.deleteLater()
        while len(self._rows) < len(loras):
            number = len(self._rows)
            line = _LoraRow(number)
            line.scaled.connect(partial(self._scale, number))
            line.removed.connect(partial(self._remove, number))
            self._rows.append(line)
            self._lines.addWidget(line)
        known = {offer.path: offer for offer in self._offered}
        for line, lora in zip(self._rows, loras, strict=True):
            line.show_lora(lora, known.get(lora.path))
        self._own.setEnabled(len(loras) < limit)
        is_full = len(loras) >= limit
        self._add.setEnabled(not is_full)
        self._add.setToolTip(
            f"The model takes no more than {limit}"
            if is_full
            else f"Lay a LoRA over the model, at most {limit} ({_SUFFIX} files)"
        )
        too_many = len(loras) - limit
        self._note.show_message(
            f"The model takes at most {limit}: remove {too_many}." if too_many > 0 else "",
            Tone.WARNING,
        )

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take LoRA files as long as there is room."""
        if self._dropped(event) and len(self._loras) < self._limit:
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        """Add what is dropped."""
        self._append(self._dropped(event))
        event.acceptProposedAction()

    def _dropped(self, event: QDropEvent) -> tuple[Path, ...]:
        paths = files_in(event.mimeData())
        return tuple(path for path in paths if path.suffix.casefold() == _SUFFIX)

    def _append(self, paths: tuple[Path, ...]) -> None:
        known = {lora.path for lora in self._loras}
        added = tuple(
            Input(role=Role.LORA, path=path, strength=1.0) for path in paths if path not in known
        )
        if added:
            self._tell((*self._loras, *added))

    def _show_own(self) -> None:
        self._own.setVisible(bool(self._offered))
        choices = [Choice(None, "Choose one of your own…")]
        choices += [
            Choice(offer.path, offer.name, offer.why_not, tip=_hint(offer))
            for offer in self._offered
        ]
        self._own.show_choices(choices, None)

    @Slot(object)
    def _on_own(self, path: object) -> None:
        self._show_own()
        self._append(tuple(offer.path for offer in self._offered if offer.path == path))

    @Slot()
    def _on_add(self) -> None:
        choose_files(self, _KIND, self._append)

    def _scale(self, number: int, scale: object) -> None:
        lora = self._loras[number].model_copy(update={"strength": scale})
        self._tell((*self._loras[:number], lora, *self._loras[number + 1 :]))

    def _remove(self, number: int, _: bool = False) -> None:
        self._tell(self._loras[:number] + self._loras[number + 1 :])

    def _tell(self, loras: tuple[Input, ...]) -> None:
        self.show_loras(loras, self._limit)
        self.edited.emit(loras)


def _hint(offer: OfferedLora) -> str:
    """What a prompt has to say for it, and what is noted of it."""
    words = ", ".join(offer.trigger_words)
    return ". ".join(filter(None, [f"Say in the prompt: {words}" if words else "", offer.notes]))


class _LoraRow(QWidget):
    """One LoRA: its name, its scale, the button that removes it, and what it wants to read."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._name = ElidedLabel()
        self._scale = named(
            NumberField(_SCALE, NumberLook(step=0.05)),
            f"lora_scale_{number}",
            "How strongly it works: 0 not at all, 1 as it was made, at most 2",
        )
        remove = IconButton(f"lora_remove_{number}", "close", "Remove this LoRA")
        self._hint = ToneLabel()
        line = hbox(self._name, self._scale, remove, grows=self._name)
        vbox(line, self._hint, gap=2, of=self)
        self.scaled = self._scale.edited
        self.removed = remove.clicked

    def show_lora(self, lora: Input, offer: OfferedLora | None) -> None:
        """Show a LoRA and what is known of it; tells nobody."""
        why_not = offer.why_not if offer else ""
        hint = _hint(offer) if offer else ""
        self._hint.show_message(why_not or hint, Tone.WARNING if why_not else Tone.QUIET)
        self._name.show_text(lora.path.stem)
        self._name.setToolTip(str(lora.path))
        self._scale.setAccessibleName(f"Scale of {lora.path.stem}")
        self._scale.show_number(scale_of(lora), _SCALE)
