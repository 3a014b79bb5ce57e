"""One editor for each kind of setting: all of them give and take text, as the schema does."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from core.config.settings_schema import SettingChoice, SettingKind
from gui import theme
from gui.widgets.file_field import choose_folder
from gui.widgets.ignore_wheel import ignore_wheel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.config.settings import SettingField

# Qt's spin boxes need an end where the schema has none.
_LARGEST = 1_000_000


class SettingEditor(QWidget):
    """Shows and changes the text of one setting; "" where nothing is set.

    Abstract, though not by `abc`: Qt's classes have a metaclass of their own.

    Signals:
        edited(str): the text, after a person changed it.
    """

    edited = Signal(object)

    def __init__(self, field: SettingField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(theme.GAP)

    def text(self) -> str:
        """What is shown."""
        raise NotImplementedError

    def set_text(self, text: str) -> None:
        """Show this without telling of it."""
        raise NotImplementedError

    def named(self, widget: QWidget, part: str = "") -> QWidget:
        """Give a control its name, its tooltip and the name that is read aloud."""
        name = self.field.name.replace(".", "_")
        widget.setObjectName(f"{name}_{part}" if part else name)
        widget.setToolTip(self.field.help)
        widget.setAccessibleName(f"{self.field.about.label} {part}".strip())
        return widget

    @Slot()
    def tell(self) -> None:
        """Say what is shown now."""
        self.edited.emit(self.text())


class SwitchEditor(SettingEditor):
    """Yes or no."""

    def __init__(self, field: SettingField, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._box = QCheckBox(field.about.label, self)
        self.named(self._box)
        self.row.addWidget(self._box)
        self._box.toggled.connect(self.tell)

    def text(self) -> str:
        """See `SettingEditor.text`."""
        return "yes" if self._box.isChecked() else "no"

    def set_text(self, text: str) -> None:
        """See `SettingEditor.set_text`."""
        with QSignalBlocker(self._box):
            self._box.setChecked(text == "yes")


class ChoiceEditor(SettingEditor):
    """One of a list; a value that is not in it is shown all the same."""

    def __init__(self, field: SettingField, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._box = QComboBox(self)
        self._box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._box.setMinimumContentsLength(20)
        self._box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.named(self._box)
        ignore_wheel(self._box)
        self.row.addWidget(self._box)
        self.set_choices(field.choices)
        self._box.currentIndexChanged.connect(self.tell)

    def set_choices(self, choices: Sequence[SettingChoice]) -> None:
        """Offer these; what is shown stays."""
        unset = self.field.about.unset
        text = self.text()
        with QSignalBlocker(self._box):
            self._box.clear()
            for choice in (*([SettingChoice("", unset)] if unset else []), *choices):
                self._box.addItem(choice.label, str(choice.value))
        self.set_text(text)

    def text(self) -> str:
        """See `SettingEditor.text`."""
        return str(self._box.currentData() or "")

    def set_text(self, text: str) -> None:
        """See `SettingEditor.set_text`."""
        with QSignalBlocker(self._box):
            index = self._box.findData(text)
            if index < 0 and text:
                self._box.addItem(text, text)
                index = self._box.count() - 1
            self._box.setCurrentIndex(index)


class NumberEditor(SettingEditor):
    """A number with its unit, and a box to tick for none where that is allowed."""

    def __init__(self, field: SettingField, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        unset = field.about.unset
        self._none = QCheckBox(unset, self) if unset else None
        self._box = QSpinBox(self) if field.kind is SettingKind.WHOLE_NUMBER else _decimals(self)
        limits = field.range
        self._box.setRange(
            int(limits.minimum if limits.minimum is not None else -_LARGEST),
            int(limits.maximum if limits.maximum is not None else _LARGEST),
        )
        self._box.setSuffix(f" {field.about.unit}" if field.about.unit else "")
        self._box.setKeyboardTracking(False)
        self.named(self._box)
        ignore_wheel(self._box)
        self.row.addWidget(self._box)
        if self._none is not None:
            self.named(self._none, "unset")
            self.row.addWidget(self._none)
            self._none.toggled.connect(self._switch)
        self.row.addStretch(1)
        self._box.valueChanged.connect(self.tell)

    def text(self) -> str:
        """See `SettingEditor.text`."""
        is_unset = self._none is not None and self._none.isChecked()
        return "" if is_unset else str(self._box.value())

    def set_text(self, text: str) -> None:
        """See `SettingEditor.set_text`."""
        with QSignalBlocker(self._box):
            if isinstance(self._box, QSpinBox):
                self._box.setValue(int(text or 0))
            else:
                self._box.setValue(float(text or 0))
        if self._none is not None:
            with QSignalBlocker(self._none):
                self._none.setChecked(not text)
        self._box.setEnabled(bool(text))

    @Slot(bool)
    def _switch(self, is_unset: bool) -> None:
        self._box.setEnabled(not is_unset)
        self.tell()


class FolderEditor(SettingEditor):
    """A folder: typed, chosen in a dialog, or the usual one."""

    def __init__(self, field: SettingField, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._shown = ""
        self._line = QLineEdit(self)
        self._line.setPlaceholderText(field.about.unset)
        self._line.setClearButtonEnabled(True)
        self._browse = QPushButton("Browse…", self)
        self._usual = QPushButton("Usual one", self)
        for button in (self._browse, self._usual):
            button.setAutoDefault(False)
        self.named(self._line)
        self.named(self._browse, "browse").setToolTip("Choose the folder.")
        self.named(self._usual, "usual").setToolTip("Go back to the usual folder.")
        self.row.addWidget(self._line, 1)
        self.row.addWidget(self._browse)
        self.row.addWidget(self._usual)
        self._line.editingFinished.connect(self._finish)
        self._browse.clicked.connect(self._choose)
        self._usual.clicked.connect(self._clear)

    def set_usual(self, folder: str) -> None:
        """Show which folder is the usual one."""
        self._line.setPlaceholderText(f"{self.field.about.unset}: {folder}")

    def text(self) -> str:
        """See `SettingEditor.text`."""
        return self._line.text().strip()

    def set_text(self, text: str) -> None:
        """See `SettingEditor.set_text`."""
        self._shown = text
        self._line.setText(text)
        self._usual.setEnabled(bool(text))

    @Slot()
    def _finish(self) -> None:
        # Leaving the field counts as an edit only where the text has changed.
        if self.text() != self._shown:
            self.set_text(self.text())
            self.tell()

    @Slot()
    def _choose(self) -> None:
        choose_folder(self, self.field.about.label, self.text(), self._take)

    def _take(self, folder: Path) -> None:
        self._line.setText(str(folder))
        self._finish()

    @Slot()
    def _clear(self) -> None:
        self._line.clear()
        self._finish()


class TextEditor(SettingEditor):
    """A line of text."""

    def __init__(self, field: SettingField, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._line = QLineEdit(self)
        self._line.setPlaceholderText(field.about.unset)
        self.named(self._line)
        self.row.addWidget(self._line)
        self._line.textEdited.connect(self.tell)

    def text(self) -> str:
        """See `SettingEditor.text`."""
        return self._line.text()

    def set_text(self, text: str) -> None:
        """See `SettingEditor.set_text`."""
        self._line.setText(text)


def editor_for(field: SettingField, parent: QWidget) -> SettingEditor:
    """The editor of a setting."""
    if field.about.part is not None:
        return ChoiceEditor(field, parent)
    match field.kind:
        case SettingKind.SWITCH:
            return SwitchEditor(field, parent)
        case SettingKind.CHOICE:
            return ChoiceEditor(field, parent)
        case SettingKind.WHOLE_NUMBER | SettingKind.NUMBER:
            return NumberEditor(field, parent)
        case SettingKind.FOLDER:
            return FolderEditor(field, parent)
        case SettingKind.TEXT:
            return TextEditor(field, parent)
        case _:
            assert_never(field.kind)


def _decimals(parent: QWidget) -> QDoubleSpinBox:
    box = QDoubleSpinBox(parent)
    box.setDecimals(2)
    return box
