"""A mask as it is painted: its pixels, and each step, which can be undone to the bit."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF, QUndoCommand, QUndoStack
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Greys = np.ndarray[tuple[int, int], np.dtype[np.uint8]]

MaskChanges: TypeAlias = dict[tuple[int, int], bytes]
"""By the left and upper edge of each tile that changed: its bits that differ, packed."""
TILE = 256
"""The side of the squares in which it is kept what a step changed."""
MOST_KEPT_BYTES = 64_000_000
"""What all steps together may hold; the oldest are forgotten beyond that."""
_MOST_STEPS = 500
_QUICK = 1
_EDITED, _KEPT = QColor(0, 0, 0, 255), QColor(0, 0, 0, 0)
_OPAQUE = 255


class PaintedMask(QObject):
    """A mask that strokes and whole steps change.

    Its pixels are either edited or not where they are painted: without soft borders a stroke that
    is erased leaves nothing behind. Greys come of `apply` alone.

    Signals:
        changed(QRect): these pixels have changed.

    Attributes:
        image: `(height, width)` uint8 as Qt's Alpha8: 255 where the image is edited.
        undo_stack: the steps so far.
    """

    changed = Signal(object)

    def __init__(self, mask: Image.Image, parent: QObject | None = None) -> None:
        """The mask as it is in the beginning: L, white where the image is edited."""
        super().__init__(parent)
        self.image = QImage(mask.width, mask.height, QImage.Format.Format_Alpha8)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(_MOST_STEPS)
        # Tiles as they were before the step that is under way.
        self._before: dict[tuple[int, int], Greys] = {}
        self._share: float | None = None
        self._pixels()[:] = np.asarray(mask)

    @property
    def size(self) -> QSize:
        """Width and height, those of the image that it is for."""
        return self.image.size()

    @property
    def share(self) -> float:
        """How much of the image is edited: 0 nothing, 1 all of it."""
        if self._share is None:
            pixels = self._pixels()
            self._share = int(pixels.sum(dtype=np.uint64)) / _OPAQUE / pixels.size
        return self._share

    def copy(self) -> Image.Image:
        """The mask as it is now, L."""
        return Image.fromarray(self._pixels().copy())

    def draw_line(self, begin: QPointF, end: QPointF, width: float, *, is_edited: bool) -> None:
        """Paint or erase along a line with round ends, as a part of the step under way.

        Args:
            begin: in pixels of the image; the centre of its first pixel is 0.5, 0.5.
            end: the same as `begin` for a dot.
            width: in pixels, at least 1.
            is_edited: False erases.
        """
        reach = width / 2 + 1
        around = QPolygonF([begin, end]).boundingRect().adjusted(-reach, -reach, reach, reach)
        pen = QPen(_EDITED if is_edited else _KEPT, width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)

        def draw(painter: QPainter) -> None:
            painter.setPen(pen)
            if begin == end:
                painter.drawPoint(begin)
            else:
                painter.drawLine(begin, end)

        self._draw(around.toAlignedRect(), draw)

    def fill_polygon(self, corners: Sequence[QPointF], *, is_edited: bool) -> None:
        """Paint or erase all that lies inside of a line around it, as a part of the step."""
        polygon = QPolygonF(corners)

        def draw(painter: QPainter) -> None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_EDITED if is_edited else _KEPT)
            painter.drawPolygon(polygon, Qt.FillRule.WindingFill)

        self._draw(polygon.boundingRect().toAlignedRect(), draw)

    def end_step(self, text: str) -> None:
        """What was drawn since the last step is one that can be undone; nothing is none."""
        changes: MaskChanges = {}
        for at, before in self._before.items():
            _add_change(changes, at, before, self._tile(at))
        self._before = {}
        self._push(MaskStep(self, text, changes, is_carried_out=True))

    def cancel_step(self) -> None:
        """What was drawn since the last step was never drawn."""
        for at, before in self._before.items():
            self._tile(at)[:] = before
        rect = self._rect_of(self._before)
        self._before = {}
        self._tell(rect)

    def apply(self, text: str, changes: MaskChanges) -> None:
        """Change the mask as `changes_between` found it, as one step.

        Args:
            text: what is done, for the tip of undo.
            changes: from the mask as it is now.
        """
        self._push(MaskStep(self, text, changes, is_carried_out=False))

    def undo(self) -> None:
        """Take the last step back, or what was drawn since."""
        self.end_step("Stroke")
        self.undo_stack.undo()

    def redo(self) -> None:
        """Carry the step out again that was taken back last."""
        self.end_step("Stroke")
        self.undo_stack.redo()

    def toggle(self, changes: MaskChanges) -> None:
        """Carry out what a step changed, or take it back: both flip the same bits."""
        for at, packed in changes.items():
            tile = self._tile(at)
            tile ^= np.frombuffer(zlib.decompress(packed), np.uint8).reshape(tile.shape)
        self._tell(self._rect_of(changes))

    def _push(self, step: MaskStep) -> None:
        if not step.size_bytes:
            return
        stack = self.undo_stack
        stack.push(step)
        kept = 0
        for number in reversed(range(stack.count())):
            older = stack.command(number)
            assert isinstance(older, MaskStep)
            kept += older.size_bytes
            if kept > MOST_KEPT_BYTES and number < stack.count() - 1:
                # Qt drops no single step but the last; it passes over one that is marked so.
                older.forget()

    def _draw(self, rect: QRect, draw: Callable[[QPainter], None]) -> None:
        """Let pixels inside of `rect` be set."""
        rect = rect & self.image.rect()
        if rect.isEmpty():
            return
        self._touch(rect)
        painter = QPainter(self.image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        draw(painter)
        painter.end()
        self._tell(rect)

    def _touch(self, rect: QRect) -> None:
        """Keep the tiles that are about to be changed."""
        for at in _tiles_in(rect):
            if at not in self._before:
                self._before[at] = self._tile(at).copy()

    def _tile(self, at: tuple[int, int]) -> Greys:
        return _tile_of(self._pixels(), at)

    def _pixels(self) -> Greys:
        """The very pixels; only until the next painter, since the image may move then."""
        rows = np.frombuffer(self.image.bits(), np.uint8)
        width = self.image.width()
        return rows.reshape(self.image.height(), self.image.bytesPerLine())[:, :width]

    def _rect_of(self, tiles: Iterable[tuple[int, int]]) -> QRect:
        rect = QRect()
        for column, row in tiles:
            rect |= QRect(column, row, TILE, TILE)
        return rect & self.image.rect()

    def _tell(self, rect: QRect) -> None:
        self._share = None
        self.changed.emit(rect)


class MaskStep(QUndoCommand):
    """What one step changed, by tile."""

    def __init__(
        self, mask: PaintedMask, text: str, changes: MaskChanges, *, is_carried_out: bool
    ) -> None:
        super().__init__(text)
        self._mask = mask
        self._changes = changes
        self._is_carried_out = is_carried_out
        self.size_bytes = sum(map(len, changes.values()))

    def forget(self) -> None:
        """Let go of what it changed: it cannot be undone any more."""
        self._changes, self.size_bytes = {}, 0
        self.setObsolete(True)

    @override
    def redo(self) -> None:
        # The stack begins with this, though a stroke is there already.
        if not self._is_carried_out:
            self._mask.toggle(self._changes)
        self._is_carried_out = True

    @override
    def undo(self) -> None:
        self._is_carried_out = False
        self._mask.toggle(self._changes)


def _tiles_in(rect: QRect) -> Iterator[tuple[int, int]]:
    """The left and upper edge of each tile that lies in a rectangle."""
    left, top = rect.left() // TILE * TILE, rect.top() // TILE * TILE
    for row in range(top, rect.bottom() + 1, TILE):
        for column in range(left, rect.right() + 1, TILE):
            yield column, row


def changes_between(before: Image.Image, after: Image.Image) -> MaskChanges:
    """What differs in two masks of the same size, L."""
    old, new = np.asarray(before), np.asarray(after)
    changes: MaskChanges = {}
    for at in _tiles_in(QRect(0, 0, before.width, before.height)):
        _add_change(changes, at, _tile_of(old, at), _tile_of(new, at))
    return changes


def _add_change(changes: MaskChanges, at: tuple[int, int], before: Greys, after: Greys) -> None:
    changed = before ^ after
    if changed.any():
        changes[at] = zlib.compress(changed.tobytes(), _QUICK)


def _tile_of(pixels: Greys, at: tuple[int, int]) -> Greys:
    column, row = at
    return pixels[row : row + TILE, column : column + TILE]


def can_undo(stack: QUndoStack) -> bool:
    """Whether there is a step to take back that is not forgotten."""
    last = stack.command(stack.index() - 1) if stack.canUndo() else None
    return last is not None and not last.isObsolete()
