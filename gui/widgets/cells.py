"""Drawing the cells of a table: colours, icons and lines of text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    QSizeF,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPalette, QPen, QPixmap, QTextLayout
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui import theme
from gui.theme import EDGE, Tone

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractItemView

Index = QModelIndex | QPersistentModelIndex
"""A place in a model, as views and Qt itself give it."""
_TARGET_WIDTH, _TARGET_SHADE = 3, 0.2
PAD = 6
ICON = 16
# Read once: each use of an enumeration of Qt takes as long as drawing a word.
_SELECTED = QStyle.StateFlag.State_Selected.value
_FOCUSED = QStyle.StateFlag.State_HasFocus.value
_PANEL = QStyle.PrimitiveElement.PE_PanelItemViewItem
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
_ELIDED = Qt.TextElideMode.ElideRight


@dataclass(frozen=True)
class Cell:
    """One cell that is being drawn."""

    painter: QPainter
    option: QStyleOptionViewItem
    rect: QRect
    palette: QPalette
    is_selected: bool

    @property
    def inner(self) -> QRect:
        """Where text stands."""
        return self.rect.adjusted(PAD, 0, -PAD, 0)

    def colour(self, tone: Tone | None = None) -> QColor:
        """The colour of text that says this, readable on a selected row too."""
        if self.is_selected:
            return self.palette.color(QPalette.ColorRole.HighlightedText)
        if tone is not None:
            return theme.tone(self.palette, tone)
        return self.palette.color(QPalette.ColorRole.Text)

    def link_colour(self) -> QColor:
        """The colour of a mark that joins rows."""
        if self.is_selected:
            return self.palette.color(QPalette.ColorRole.HighlightedText)
        return self.palette.color(QPalette.ColorRole.Link)

    def text(self, text: str, rect: QRect, colour: QColor, *, is_right: bool = False) -> None:
        """A line of text, cut short where it does not fit."""
        shown = self.painter.fontMetrics().elidedText(text, _ELIDED, rect.width())
        self.painter.setPen(colour)
        self.painter.drawText(rect, _RIGHT if is_right else _LEFT, shown)

    def bold_text(self, text: str, rect: QRect, colour: QColor) -> None:
        """A line of bold text, cut short where it does not fit."""
        usual = self.painter.font()
        bold = QFont(usual)
        bold.setBold(True)
        self.painter.setFont(bold)
        self.text(text, rect, colour)
        self.painter.setFont(usual)

    def bar(self, place: QRectF, fraction: float | None) -> None:
        """A thin bar that is filled by this share; None where nobody knows it."""
        round_ = place.height() / 2
        track = self.colour()
        track.setAlphaF(0.25)
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(track)
        self.painter.drawRoundedRect(place, round_, round_)
        if fraction:
            # On the selection, whose colour the bar would share, it is as bright as the words.
            highlight = self.palette.color(QPalette.ColorRole.Highlight)
            self.painter.setBrush(self.colour() if self.is_selected else highlight)
            filled = QRectF(place.topLeft(), QSizeF(place.width() * fraction, place.height()))
            self.painter.drawRoundedRect(filled, round_, round_)

    def image(self, found: QPixmap | None, place: QRect, opacity: float = 1.0) -> QRect:
        """A small picture in the middle of a place, which is grey while there is none.

        Returns:
            What the picture covers, or the whole place.
        """
        if found is None:
            self.painter.fillRect(place, self.palette.color(QPalette.ColorRole.Midlight))
            return place
        ratio = self.option.widget.devicePixelRatio()
        size = QSize(round(found.width() / ratio), round(found.height() / ratio))
        shown = centred(size, place)
        self.painter.setOpacity(opacity)
        self.painter.drawPixmap(shown, found)
        self.painter.setOpacity(1.0)
        return shown

    def icon(self, name: str, place: QRect, colour: QColor) -> None:
        """An icon of the theme in that colour."""
        ratio = self.painter.device().devicePixelRatio()
        self.painter.drawPixmap(place, icon_pixmap(name, colour.name(), place.width(), ratio))


class CellDelegate(QStyledItemDelegate):
    """Draws the background of a cell, and leaves the content to `paint_cell`."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell."""
        state = option.state.value
        widget, rect, palette = option.widget, option.rect, option.palette
        widget.style().drawPrimitive(_PANEL, option, painter, widget)
        painter.save()
        painter.setClipRect(rect)
        cell = Cell(painter, option, rect, palette, bool(state & _SELECTED))
        self.paint_cell(cell, index)
        painter.restore()
        if state & _FOCUSED:
            painter.setPen(QPen(cell.colour(), 1, Qt.PenStyle.DotLine))
            painter.drawRect(rect.adjusted(1, 1, -2, -2))

    def paint_cell(self, cell: Cell, index: Index) -> None:
        """Draw what the cell holds."""


def centred(size: QSize, place: QRect) -> QRect:
    """A box of that size in the middle of a place."""
    box = QRect(QPoint(0, 0), size)
    box.moveCenter(place.center())
    return box


def paint_hint(view: QAbstractItemView, text: str) -> None:
    """Write in the middle of an empty view what to do there."""
    painter = QPainter(view.viewport())
    painter.setPen(theme.tone(view.palette(), Tone.QUIET))
    place = view.viewport().rect().adjusted(EDGE, EDGE, -EDGE, -EDGE)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
    painter.end()


def paint_target(painter: QPainter, place: QRect, palette: QPalette) -> None:
    """A frame around the place where what is dragged would be put."""
    colour = palette.color(QPalette.ColorRole.Highlight)
    painter.setPen(QPen(colour, _TARGET_WIDTH))
    colour.setAlphaF(_TARGET_SHADE)
    painter.setBrush(colour)
    painter.drawRoundedRect(place, 4, 4)


def in_lines(text: str, option: QStyleOptionViewItem, width: int, most: int) -> list[str]:
    """The text in at most so many lines, the last cut short where there is more."""
    if option.fontMetrics.horizontalAdvance(text) <= width:
        return [text]
    layout = QTextLayout(text, option.font)
    layout.beginLayout()
    lines: list[str] = []
    rest = text
    while rest and len(lines) < most - 1:
        line = layout.createLine()
        line.setLineWidth(width)
        cut = line.textLength()
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:]
    layout.endLayout()
    if rest:
        lines.append(option.fontMetrics.elidedText(rest, _ELIDED, width))
    return lines


@cache
def icon_pixmap(name: str, colour: str, side: int, ratio: float) -> QPixmap:
    """An icon of the theme in that colour, so many pixels wide on a screen of that ratio."""
    tinted = QPalette()
    tinted.setColor(QPalette.ColorRole.ButtonText, QColor(colour))
    pixmap = theme.icon(name, tinted).pixmap(round(side * ratio))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
