"""What panels are put into: a section that folds, an area that scrolls, a splitter, a grip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QPainter, QPalette
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

from core.platform.units import count_text
from gui.theme import GAP, Tone, icon
from gui.widgets.buttons import HeadingButton
from gui.widgets.drag_hover import open_on_drag
from gui.widgets.fields import named
from gui.widgets.labels import ElidedLabel, ToneLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

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
        self._summary = ElidedLabel(Qt.AlignmentFlag.AlignRight)
        self._problems = ToneLabel(Tone.BAD)
        self._problems.setWordWrap(False)
        head = hbox(self._heading, self._summary, self._problems, grows=self._summary)
        # With a parent from the first: shown without one, it would be a window for a moment.
        self._body = QWidget(self)
        vbox(*parts, of=self._body).setContentsMargins(_ICON + GAP, 0, 0, GAP)
        self._body.setVisible(is_open)
        vbox(head, self._body, of=self, gap=GAP // 2)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._heading.toggled.connect(self._fold)
        # Only where a person opened it: what is opened by itself does not scroll the view.
        self._heading.clicked.connect(self._show_body)
        open_on_drag(self._heading)
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
        self._problems.show_message(count_text(count, "problem") if count else "")

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


_THICK = 9
_LONG, _LINE = 40, 3
_HIGHEST = 2000
_USUAL_ROOM, _MOST_GROWTH = 760, 3
_KEYS: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class HeightGrip(QWidget):
    """Sets the height of a widget, by the mouse or by the arrow keys.

    As long as nobody did, the widget grows with the room that there is.

    Attributes:
        chosen: the height that a person set; 0 for none.
    """

    def __init__(self, target: QWidget, lowest: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._target = target
        self._lowest = lowest
        self._fitting = lowest
        self.chosen = 0
        # How much higher the target is than the mouse stands on the screen, while it is dragged.
        self._above: int | None = None
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        target.setFixedHeight(lowest)

    @override
    def sizeHint(self) -> QSize:
        return QSize(_LONG, _THICK)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            # By the screen: the grip itself moves with the widget's edge.
            self._above = self._target.height() - round(event.globalPosition().y())

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._above is not None:
            self._set(self._above + round(event.globalPosition().y()))

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._above = None

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = _KEYS.get(event.key())
        if steps is None:
            super().keyPressEvent(event)
        else:
            self._set(self._target.height() + steps * self._target.fontMetrics().lineSpacing())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        role = QPalette.ColorRole.Highlight if self.hasFocus() else QPalette.ColorRole.Mid
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(role))
        left, top = (self.width() - _LONG) // 2, (self.height() - _LINE) // 2
        painter.drawRoundedRect(left, top, _LONG, _LINE, 1.5, 1.5)

    def fit(self, room: int) -> None:
        """Be higher where there is room to spare.

        Args:
            room: the height of what the widget lies in, with all that stands below it.
        """
        spare = max(room - _USUAL_ROOM, 0) // 2
        self._fitting = min(self._lowest + spare, _MOST_GROWTH * self._lowest)
        self.choose(self.chosen)

    def choose(self, height: int) -> None:
        """Take this height over; 0 for what there is room for."""
        self.chosen = height
        self._target.setFixedHeight(height or self._fitting)

    def _set(self, height: int) -> None:
        self.choose(min(max(height, self._lowest), _HIGHEST))
