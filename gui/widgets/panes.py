"""What panels are put into: a section that folds, an area that scrolls, a splitter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QSplitterHandle,
    QToolButton,
    QWidget,
)
from typing_extensions import override

from gui.theme import GAP, Tone, icon
from gui.widgets.fields import named
from gui.widgets.labels import ElidedLabel, ToneLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

_ICON = 16
_FRAME = 3
_FLAT = """
QToolButton { border: 1px solid transparent; border-radius: 4px; padding: 2px; }
QToolButton:hover { background: palette(midlight); }
QToolButton:focus { border-color: palette(highlight); }
"""


class FoldingSection(QWidget):
    """A heading that opens and closes what is under it."""

    def __init__(
        self,
        name: str,
        title: str,
        tip: str,
        parts: Sequence[QWidget],
        *,
        is_open: bool = False,
    ) -> None:
        super().__init__()
        self._heading = named(QToolButton(), f"section_{name}", tip)
        self.set_title(title)
        self._heading.setCheckable(True)
        self._heading.setChecked(is_open)
        self._heading.setAutoRaise(True)
        self._heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        # Open or closed is what the arrow says; a sunken button would say it twice.
        self._heading.setStyleSheet(_FLAT)
        # A layout that does not know its rows yet leaves it none, and no icon can be drawn on that.
        self._heading.setMinimumHeight(_ICON + 2 * _FRAME)
        font = self._heading.font()
        font.setBold(True)
        self._heading.setFont(font)
        self._summary = ElidedLabel()
        self._summary.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._problems = ToneLabel(Tone.BAD)
        self._problems.setWordWrap(False)
        head = hbox(self._heading, self._summary, self._problems, grows=self._summary)
        self._body = QWidget()
        vbox(*parts, of=self._body).setContentsMargins(_ICON + GAP, 0, 0, GAP)
        self._body.setVisible(is_open)
        vbox(head, self._body, of=self, gap=GAP // 2)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._heading.toggled.connect(self._fold)
        self._draw()

    @property
    def is_open(self) -> bool:
        """Whether its content is shown."""
        return self._heading.isChecked()

    def open(self) -> None:
        """Show the content."""
        self._heading.setChecked(True)

    def set_title(self, text: str) -> None:
        """Give the heading other words."""
        self._heading.setText(text)
        self._heading.setAccessibleName(text)

    def set_summary(self, text: str) -> None:
        """A few words about the content, seen beside the heading."""
        self._summary.show_text(text)
        self._summary.setToolTip(text)

    def set_problem_count(self, count: int) -> None:
        """Say beside the heading that something inside needs attention."""
        self._problems.show_message(
            "" if not count else "1 problem" if count == 1 else f"{count} problems"
        )

    @override
    def changeEvent(self, event: QEvent) -> None:
        """Draw the arrow anew in another theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._draw()

    @Slot(bool)
    def _fold(self, is_open: bool) -> None:
        # Rows that came or went while this was closed are unknown to the layouts around them.
        for layout in self._body.findChildren(QLayout):
            layout.invalidate()
        self._body.setVisible(is_open)
        self._body.updateGeometry()
        self._draw()

    def _draw(self) -> None:
        arrow = "chevron-down" if self.is_open else "chevron-right"
        self._heading.setIcon(icon(arrow, QApplication.palette()))


def scrolled(content: QWidget, name: str = "") -> QScrollArea:
    """The content in an area without a frame that is as wide as there is room."""
    area = QScrollArea()
    area.setObjectName(name)
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


class Splitter(QSplitter):
    """Its handles are a shade apart from the ground on which they lie."""

    @override
    def createHandle(self) -> QSplitterHandle:
        handle = QSplitterHandle(self.orientation(), self)
        handle.setBackgroundRole(QPalette.ColorRole.Midlight)
        handle.setAutoFillBackground(True)
        return handle
