"""Files of one role as rows that can be added, dropped, changed and removed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from gui.theme import Tone
from gui.widgets.buttons import IconButton
from gui.widgets.file_field import FileKind, choose_files, files_in
from gui.widgets.labels import ElidedLabel, ToneLabel
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtGui import QDragEnterEvent, QDropEvent
    from PySide6.QtWidgets import QPushButton

    from core.video.request import Input


class InputRow(QWidget):
    """One file: its name, and the button that removes it; what else it has is laid between them.

    Signals:
        edited(Input): it was changed.
    """

    edited = Signal(object)

    def __init__(self, remove: str, tip: str) -> None:
        super().__init__()
        self._item: Input | None = None
        self.name = ElidedLabel()
        self.remove = IconButton(remove, "close", tip)

    def show_input(self, item: Input) -> None:
        """Show a file; tells nobody."""
        self._item = item
        self.name.show_text(item.path.stem)
        self.name.setToolTip(str(item.path))

    def change(self, field: str, value: object) -> None:
        """Take over what a person chose for one of its fields."""
        if self._item is not None:
            self.edited.emit(self._item.model_copy(update={field: value}))


class InputList(QWidget):
    """Edits the files of one role among the inputs; files can also be dropped on it.

    Signals:
        edited(tuple[Input, ...])
    """

    edited = Signal(object)

    def __init__(
        self,
        add: QPushButton,
        kind: FileKind,
        *,
        make_row: Callable[[int], InputRow],
        is_wanted: Callable[[Path], bool],
        inputs_for: Callable[[tuple[Path, ...]], tuple[Input, ...]],
    ) -> None:
        """Make it.

        Args:
            add: the button that adds files; its tooltip says what they are for.
            kind: of the files, for the dialog that chooses them.
            make_row: the row of that number.
            is_wanted: whether a file that is dropped is one of these.
            inputs_for: the inputs that new files become.
        """
        super().__init__()
        self.items: tuple[Input, ...] = ()
        self.limit = 0
        self.add, self._tip = add, add.toolTip()
        self._kind, self._make_row = kind, make_row
        self._is_wanted, self._inputs_for = is_wanted, inputs_for
        self._rows: list[InputRow] = []
        self._lines, self._note = vbox(gap=2), ToneLabel()
        self.lines = vbox(self._lines, self._note, of=self)
        self.setAcceptDrops(True)
        add.clicked.connect(self._on_add)

    def show_inputs(self, items: tuple[Input, ...], limit: int) -> None:
        """Show these, of which the model takes at most `limit`; tells nobody."""
        self.items, self.limit = items, limit
        # Rows stay where they can, so that a spin box keeps the focus while it is turned.
        while len(self._rows) > len(items):
            row = self._rows.pop()
            self._lines.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self._rows) < len(items):
            number = len(self._rows)
            row = self._make_row(number)
            row.edited.connect(partial(self._change, number))
            row.remove.clicked.connect(partial(self._remove, number))
            self._rows.append(row)
            self._lines.addWidget(row)
        for row, item in zip(self._rows, items, strict=True):
            row.show_input(item)
        self.add.setEnabled(not self.is_full)
        full = f"The model takes no more than {limit}"
        self.add.setToolTip(full if self.is_full else f"{self._tip}, at most {limit}")
        too_many = len(items) - limit
        self._note.show_message(
            f"The model takes at most {limit}: remove {too_many}." if too_many > 0 else "",
            Tone.WARNING,
        )

    @property
    def is_full(self) -> bool:
        """Whether the model takes no more."""
        return len(self.items) >= self.limit

    def append(self, paths: tuple[Path, ...]) -> None:
        """Add files, and tell."""
        if added := self._inputs_for(paths):
            self._tell((*self.items, *added))

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files as long as there is room."""
        if self._dropped(event) and not self.is_full:
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        """Add what is dropped."""
        self.append(self._dropped(event))
        event.acceptProposedAction()

    def _dropped(self, event: QDropEvent) -> tuple[Path, ...]:
        return tuple(filter(self._is_wanted, files_in(event.mimeData())))

    @Slot()
    def _on_add(self) -> None:
        choose_files(self, self._kind, self.append)

    def _change(self, number: int, item: Input) -> None:
        self._tell((*self.items[:number], item, *self.items[number + 1 :]))

    def _remove(self, number: int, _: bool = False) -> None:
        self._tell(self.items[:number] + self.items[number + 1 :])

    def _tell(self, items: tuple[Input, ...]) -> None:
        self.show_inputs(items, self.limit)
        self.edited.emit(items)
