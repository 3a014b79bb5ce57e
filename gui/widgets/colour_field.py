"""A colour: its code to type and a swatch that opens a palette."""

from __future__ import annotations

from PySide6.QtCore import QRegularExpression, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPixmap, QRegularExpressionValidator
from PySide6.QtWidgets import QColorDialog, QLineEdit, QToolButton, QWidget

from gui.widgets.fields import named
from gui.widgets.layouts import hbox

_CODE = r"#[0-9a-fA-F]{6}"
_SWATCH = 16


class ColourField(QWidget):
    """Edits a colour as "#rrggbb"; half a code changes nothing.

    Signals:
        edited(str)
    """

    edited = Signal(object)

    def __init__(self, name: str, what: str) -> None:
        super().__init__()
        self._colour = "#000000"
        tip = f"{what} as #rrggbb, for example #ff8800."
        self._code = named(QLineEdit(), name, tip, what)
        self._code.setValidator(QRegularExpressionValidator(QRegularExpression(_CODE), self._code))
        says = f"Choose: {what.lower()}"
        self._swatch = named(QToolButton(), f"{name}_swatch", f"{says}.", says)
        hbox(self._code, self._swatch, of=self, grows=self._code)
        self.setFocusProxy(self._code)
        self._code.textEdited.connect(self._typed)
        self._code.editingFinished.connect(self._mend)
        self._swatch.clicked.connect(self._choose)
        self._draw()

    def show_value(self, value: object) -> None:
        """Show a colour; tells nobody."""
        self._colour = str(value)
        if self._code.text() != self._colour:
            self._code.setText(self._colour)
        self._draw()

    @Slot(str)
    def _typed(self, text: str) -> None:
        if self._code.hasAcceptableInput():
            self._take(text)

    @Slot()
    def _mend(self) -> None:
        self._code.setText(self._colour)

    @Slot()
    def _choose(self) -> None:
        dialog = QColorDialog(QColor(self._colour), self)
        dialog.setWindowTitle(self._code.accessibleName())
        dialog.colorSelected.connect(self._chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(QColor)
    def _chosen(self, colour: QColor) -> None:
        self._code.setText(colour.name())
        self._take(colour.name())

    def _take(self, colour: str) -> None:
        self._colour = colour
        self._draw()
        self.edited.emit(colour)

    def _draw(self) -> None:
        image = QPixmap(_SWATCH, _SWATCH)
        image.fill(QColor(self._colour))
        self._swatch.setIcon(QIcon(image))
