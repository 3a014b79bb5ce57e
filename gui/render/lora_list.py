"""The LoRAs that are laid over the model: files, each with its strength."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QPushButton, QWidget
from typing_extensions import override

from core.video.request import Input, Role
from gui.theme import Tone
from gui.widgets.buttons import IconButton
from gui.widgets.fields import named
from gui.widgets.file_field import FileKind, choose_files, files_in
from gui.widgets.labels import ElidedLabel, ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.number_field import Limits, NumberField, NumberLook

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QDragEnterEvent, QDropEvent

_SUFFIX = ".safetensors"
_KIND = FileKind("LoRA files", (f"LoRA (*{_SUFFIX})",))
_SCALE = Limits(0, 2)


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
        self._note = ToneLabel()
        tip = "Lay a file of small weights over the model's own"
        self._add = named(QPushButton("Add &LoRA…"), "lora_add", tip)
        self._lines = vbox(gap=2)
        layout = vbox(self._lines, self._note, of=self)
        layout.addWidget(self._add, 0, Qt.AlignmentFlag.AlignLeft)
        self.setAcceptDrops(True)
        self._add.clicked.connect(self._on_add)

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
        for line, lora in zip(self._rows, loras, strict=True):
            line.show_lora(lora)
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


class _LoraRow(QWidget):
    """One LoRA: its name, its scale, and the button that removes it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._name = ElidedLabel()
        self._scale = named(
            NumberField(_SCALE, NumberLook(step=0.05)),
            f"lora_scale_{number}",
            "How strongly it works: 0 not at all, 1 as it was made, at most 2",
        )
        remove = IconButton(f"lora_remove_{number}", "close", "Remove this LoRA")
        hbox(self._name, self._scale, remove, of=self, grows=self._name)
        self.scaled = self._scale.edited
        self.removed = remove.clicked

    def show_lora(self, lora: Input) -> None:
        """Show a LoRA; tells nobody."""
        self._name.show_text(lora.path.stem)
        self._name.setToolTip(str(lora.path))
        self._scale.setAccessibleName(f"Scale of {lora.path.stem}")
        self._scale.show_number(1.0 if lora.strength is None else lora.strength, _SCALE)
