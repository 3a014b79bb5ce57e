"""Widgets beside each other as far as there is room, and the rest in further lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator


class FlowLayout(QLayout):
    """Breaks lines as words do, so that no button is cut off where its words are long."""

    def __init__(self, *widgets: QWidget, of: QWidget | None = None, gap: int) -> None:
        """Lay out these widgets; `of` is told as for `hbox`."""
        if of is None:
            super().__init__()
        else:
            super().__init__(of)
        self._items: list[QLayoutItem] = []
        self._heights: dict[int, int] = {}
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(gap)
        for widget in widgets:
            self.addWidget(widget)

    @override
    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)
        self.invalidate()

    @override
    def invalidate(self) -> None:
        self._heights.clear()
        super().invalidate()

    @override
    def count(self) -> int:
        return len(self._items)

    # Qt asks beyond the end and takes a null pointer for the answer.
    @override
    def itemAt(self, index: int) -> QLayoutItem | None:  # pyright: ignore[reportIncompatibleMethodOverride] - Qt takes None, PySide's types do not
        return self._items[index] if 0 <= index < len(self._items) else None

    @override
    def takeAt(self, index: int) -> QLayoutItem | None:  # pyright: ignore[reportIncompatibleMethodOverride] - Qt takes None, PySide's types do not
        if not 0 <= index < len(self._items):
            return None
        self.invalidate()
        return self._items.pop(index)

    @override
    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    @override
    def hasHeightForWidth(self) -> bool:
        return True

    @override
    def heightForWidth(self, width: int) -> int:
        # Qt asks many times for one change of a form.
        height = self._heights.get(width)
        if height is None:
            height = self._heights[width] = self._height_of(width)
        return height

    def _height_of(self, width: int) -> int:
        margins = self.contentsMargins()
        lines = list(self._lines(width - margins.left() - margins.right()))
        high = sum(line.height for line in lines) + self.spacing() * max(len(lines) - 1, 0)
        return high + margins.top() + margins.bottom()

    @override
    def sizeHint(self) -> QSize:
        """All of them in one line."""
        sizes = [item.sizeHint() for item in self._shown()]
        wide = sum(size.width() for size in sizes) + self.spacing() * max(len(sizes) - 1, 0)
        return _grown(QSize(wide, max((s.height() for s in sizes), default=0)), self)

    @override
    def minimumSize(self) -> QSize:
        """As wide as the widest of them."""
        sizes = [item.minimumSize() for item in self._shown()]
        wide = max((size.width() for size in sizes), default=0)
        return _grown(QSize(wide, max((s.height() for s in sizes), default=0)), self)

    @override
    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        room = rect.marginsRemoved(self.contentsMargins())
        top = room.top()
        for line in self._lines(room.width()):
            line.place(QPoint(room.left(), top), room.width(), self.spacing())
            top += line.height + self.spacing()

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _lines(self, width: int) -> Iterator[_Line]:
        line = _Line()
        for item in self._shown():
            hint = item.sizeHint()
            size = QSize(max(hint.width(), item.minimumSize().width()), hint.height())
            if line.items and line.width + self.spacing() + size.width() > width:
                yield line
                line = _Line()
            line.add(item, size, self.spacing())
        if line.items:
            yield line


class _Line:
    def __init__(self) -> None:
        self.items: list[tuple[QLayoutItem, QSize]] = []
        self.width = self.height = 0

    def add(self, item: QLayoutItem, size: QSize, gap: int) -> None:
        self.width += size.width() + (gap if self.items else 0)
        self.height = max(self.height, size.height())
        self.items.append((item, size))

    def place(self, corner: QPoint, room: int, gap: int) -> None:
        left = corner.x()
        for item, wanted in self.items:
            is_tall = bool(item.expandingDirections() & Qt.Orientation.Vertical)
            height = self.height if is_tall else wanted.height()
            size = QSize(min(wanted.width(), room), height)
            top = corner.y() + (self.height - height) // 2
            item.setGeometry(QRect(QPoint(left, top), size))
            left += size.width() + gap


def _grown(size: QSize, layout: QLayout) -> QSize:
    margins: QMargins = layout.contentsMargins()
    return size.grownBy(margins)
