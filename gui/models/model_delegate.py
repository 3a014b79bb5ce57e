"""Paints a model in two lines: name and state, size and terms; below them the install's bar."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem
from typing_extensions import override

from gui import theme
from gui.models.model_rows import ITEM_ROLE, ModelItem

_BAR_HEIGHT = 4
_ROW_GAP = 3


class ModelDelegate(QStyledItemDelegate):
    """Draws the lines of the list of models."""

    @override
    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Room for two lines and a bar."""
        lines = 2 * QFontMetrics(option.font).height()
        return QSize(180, lines + 2 * theme.GAP + 2 * _ROW_GAP + _BAR_HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw one model."""
        item = index.data(ITEM_ROLE)
        if not isinstance(item, ModelItem):
            return
        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        plain.text = ""
        style = QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, plain, painter, plain.widget)
        painter.save()
        _draw(painter, plain, item)
        painter.restore()


def _draw(painter: QPainter, option: QStyleOptionViewItem, item: ModelItem) -> None:
    is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
    role = QPalette.ColorRole.HighlightedText if is_selected else QPalette.ColorRole.Text
    colours = option.palette
    text = colours.color(role)
    quiet = text if is_selected else theme.tone(colours, theme.Tone.QUIET)
    box = option.rect.adjusted(theme.GAP, theme.GAP, -theme.GAP, -theme.GAP)

    bold = QFont(option.font)
    bold.setBold(True)
    state = item.state
    usual = QFontMetrics(option.font)
    state_width = usual.horizontalAdvance(state) + theme.GAP
    line = QRect(box.left(), box.top(), box.width(), usual.height())
    painter.setFont(option.font)
    painter.setPen(text if is_selected else theme.tone(colours, item.tone))
    painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, state)
    painter.setFont(bold)
    painter.setPen(text)
    _write(painter, line.adjusted(0, 0, -state_width, 0), item.listed.spec.label)

    line.translate(0, usual.height() + _ROW_GAP)
    painter.setFont(option.font)
    painter.setPen(quiet)
    going_on = item.installing is not None and bool(item.installing.words)
    _write(painter, line, item.installing.words if item.installing and going_on else item.terms)

    fraction = item.installing.fraction if item.installing else None
    if fraction is not None:
        bar = QRect(box.left(), line.bottom() + _ROW_GAP, box.width(), _BAR_HEIGHT)
        painter.fillRect(bar, colours.color(QPalette.ColorRole.Mid))
        bar.setWidth(round(bar.width() * fraction))
        painter.fillRect(bar, text if is_selected else colours.color(QPalette.ColorRole.Link))


def _write(painter: QPainter, box: QRect, text: str) -> None:
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
