"""A titled part of a panel that folds away."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui import theme


class Section(QWidget):
    """A heading to click on, and the content below it.

    Signals:
        folded(bool): it was folded or opened by a person.
    """

    folded = Signal(object)

    def __init__(self, title: str, content: QWidget, *, name: str, is_open: bool = True) -> None:
        super().__init__()
        self._content = content
        self._heading = QToolButton(text=title, checkable=True, checked=is_open)
        self._heading.setObjectName(f"{name}_heading")
        self._heading.setToolTip(f"Show or hide: {title}")
        self._heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._heading.setAutoRaise(True)
        font = self._heading.font()
        font.setBold(True)
        self._heading.setFont(font)
        self._heading.toggled.connect(self._toggle)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, theme.GAP)
        rows.setSpacing(2)
        rows.addWidget(self._heading)
        rows.addWidget(content)
        self.set_open(is_open)

    @property
    def is_open(self) -> bool:
        """Whether the content is shown."""
        return self._heading.isChecked()

    def set_open(self, is_open: bool) -> None:
        """Show or hide the content; tells nobody."""
        self._heading.blockSignals(True)
        self._heading.setChecked(is_open)
        self._heading.blockSignals(False)
        self._show(is_open)

    def set_title(self, title: str) -> None:
        """Give the heading other words."""
        self._heading.setText(title)

    @Slot(bool)
    def _toggle(self, is_open: bool) -> None:
        self._show(is_open)
        self.folded.emit(not is_open)

    def _show(self, is_open: bool) -> None:
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self._heading.setArrowType(arrow)
        self._content.setVisible(is_open)
