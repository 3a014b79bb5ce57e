"""The LoRAs that are laid over the model: files, each with its strength."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from core.video.request import Input, Role
from gui.theme import Tone
from gui.widgets.buttons import IconButton
from gui.widgets.fields import ignore_wheel
from gui.widgets.file_field import files_in
from gui.widgets.labels import ElidedLabel, ToneLabel
from gui.widgets.number_field import Limits, NumberField, NumberLook

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QDragEnterEvent, QDropEvent

_SUFFIX = ".safetensors"
_SCALE = Limits(0, 2)


def pick_lora_files(parent: QWidget) -> tuple[Path, ...]:
    """The LoRA files that a person chooses in a dialog."""
    names, _ = QFileDialog.getOpenFileNames(
        parent, "Choose LoRA files", "", f"LoRA (*{_SUFFIX});;All files (*)"
    )
    return tuple(Path(name) for name in names)


class LoraList(QWidget):
    """Edits the LoRAs among the inputs; files can also be dropped on it.

    Signals:
        edited(tuple[Input, ...])
    """

    edited = Signal(object)

    def __init__(
        self,
        parent: QWidget | None = None,
        pick: Callable[[QWidget], tuple[Path, ...]] = pick_lora_files,
    ) -> None:
        super().__init__(parent)
        self._pick = pick
        self._loras: tuple[Input, ...] = ()
        self._rows: list[_LoraRow] = []
        self._limit = 0
        self._note = ToneLabel()
        self._add = QPushButton("Add &LoRA…")
        self._add.setObjectName("lora_add")
        self._add.setToolTip("Lay a file of small weights over the model's own")
        self._lines = QVBoxLayout()
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._lines)
        layout.addWidget(self._note)
        layout.addWidget(self._add, 0, Qt.AlignmentFlag.AlignLeft)
        self.setAcceptDrops(True)
        self._add.clicked.connect(self._on_add)

    def show_loras(self, loras: tuple[Input, ...], limit: int) -> None:
        """Show these, of which the model takes at most `limit`; tells nobody."""
        self._loras, self._limit = loras, limit
        # Rows stay where they can, so that a spin box keeps the focus while it is turned.
        while len(self._rows) > len(loras):
            row = self._rows.pop()
            self._lines.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self._rows) < len(loras):
            row = _LoraRow(len(self._rows))
            row.scaled.connect(self._on_scaled)
            row.removed.connect(self._on_removed)
            ignore_wheel(row)
            self._rows.append(row)
            self._lines.addWidget(row)
        for row, lora in zip(self._rows, loras, strict=True):
            row.show_lora(lora)
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
        self._append(self._pick(self))

    @Slot(object)
    def _on_scaled(self, row: object) -> None:
        self._tell(
            tuple(
                lora.model_copy(update={"strength": line.scale()}) if line is row else lora
                for line, lora in zip(self._rows, self._loras, strict=True)
            )
        )

    @Slot(object)
    def _on_removed(self, row: object) -> None:
        pairs = zip(self._rows, self._loras, strict=True)
        self._tell(tuple(lora for line, lora in pairs if line is not row))

    def _tell(self, loras: tuple[Input, ...]) -> None:
        self.show_loras(loras, self._limit)
        self.edited.emit(loras)


class _LoraRow(QWidget):
    """One LoRA: its name, its scale, and the button that removes it."""

    scaled = Signal(object)
    removed = Signal(object)

    def __init__(self, number: int) -> None:
        super().__init__()
        self._name = ElidedLabel()
        self._scale = NumberField(_SCALE, NumberLook(step=0.05))
        self._scale.setObjectName(f"lora_scale_{number}")
        self._scale.setToolTip("How strongly it works: 0 not at all, 1 as it was made, at most 2")
        self._remove = IconButton(f"lora_remove_{number}", "close", "Remove this LoRA")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._name, 1)
        row.addWidget(self._scale)
        row.addWidget(self._remove)
        self._scale.edited.connect(self._on_scaled)
        self._remove.clicked.connect(self._on_removed)

    def show_lora(self, lora: Input) -> None:
        """Show a LoRA; tells nobody."""
        self._name.show_text(lora.path.stem)
        self._name.setToolTip(str(lora.path))
        self._scale.setAccessibleName(f"Scale of {lora.path.stem}")
        self._scale.show_number(1.0 if lora.strength is None else lora.strength, _SCALE)

    def scale(self) -> float:
        """The strength that is shown."""
        return round(self._scale.value(), 2)

    @Slot(object)
    def _on_scaled(self, _: object) -> None:
        self.scaled.emit(self)

    @Slot()
    def _on_removed(self) -> None:
        self.removed.emit(self)
