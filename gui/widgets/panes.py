"""What panels are put into: a section that folds, an area that scrolls, a splitter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QFrame,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QSplitterHandle,
    QWidget,
)
from typing_extensions import override

from gui.theme import GAP, Tone, icon
from gui.widgets.buttons import HeadingButton
from gui.widgets.fields import named
from gui.widgets.labels import ElidedLabel, ToneLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

_ICON = 16
_FRAME = 3


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
        self.setObjectName(f"folding_{name}")
        self._heading = named(HeadingButton(), f"section_{name}", tip)
        self.set_title(title)
        self._heading.setCheckable(True)
        self._heading.setChecked(is_open)
        self._heading.setAutoRaise(True)
        self._heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
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
        # With a parent from the first: shown without one, it would be a window for a moment.
        self._body = QWidget(self)
        vbox(*parts, of=self._body).setContentsMargins(_ICON + GAP, 0, 0, GAP)
        self._body.setVisible(is_open)
        vbox(head, self._body, of=self, gap=GAP // 2)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._heading.toggled.connect(self._fold)
        # Only where a person opened it: what is opened by itself does not scroll the view.
        self._heading.clicked.connect(self._show_body)
        self._draw()

    @property
    def is_open(self) -> bool:
        """Whether its content is shown."""
        return self._heading.isChecked()

    def open(self) -> None:
        """Show the content."""
        self._heading.setChecked(True)

    def set_open(self, is_open: bool) -> None:
        """Show the content, or the heading alone."""
        self._heading.setChecked(is_open)

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

    @Slot(bool)
    def _fold(self, is_open: bool) -> None:
        # Rows that came or went while this was closed are unknown to the layouts around them.
        for layout in self._body.findChildren(QLayout):
            layout.invalidate()
        self._body.setVisible(is_open)
        self._body.updateGeometry()
        self._draw()

    @Slot(bool)
    def _show_body(self, is_open: bool) -> None:
        if is_open:
            reveal(self)

    def _draw(self) -> None:
        arrow = "chevron-down" if self.is_open else "chevron-right"
        self._heading.setIcon(icon(arrow))


def scrolled(content: QWidget, name: str = "") -> QScrollArea:
    """The content in an area without a frame; it is as wide as the area, where it can be."""
    area = QScrollArea()
    area.setObjectName(name)
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    return area


def reveal(widget: QWidget) -> None:
    """Scroll every area around a widget to it, once what was just shown or opened has its place.

    All of it is shown where there is room for it, else its beginning.
    """

    def scroll() -> None:
        around = widget.parentWidget()
        while around is not None:
            if isinstance(around, QScrollArea):
                bar, room = around.verticalScrollBar(), around.viewport().height()
                top = widget.mapTo(around.viewport(), QPoint()).y() + bar.value()
                bottom = top + widget.height()
                if top < bar.value() or bottom > bar.value() + room:
                    fits = bottom - top + GAP <= room
                    bar.setValue(top if not fits or top < bar.value() else bottom - room + GAP)
            around = around.parentWidget()

    QTimer.singleShot(0, widget, scroll)


class Splitter(QSplitter):
    """Its handles are a shade apart from the ground on which they lie."""

    @override
    def createHandle(self) -> QSplitterHandle:
        handle = QSplitterHandle(self.orientation(), self)
        handle.setBackgroundRole(QPalette.ColorRole.Midlight)
        handle.setAutoFillBackground(True)
        return handle
