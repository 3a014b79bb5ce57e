"""Small buttons whose icons follow the theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionToolButton, QStylePainter, QToolButton
from typing_extensions import override

from gui import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QWidget

_ROUND = 4


class FlatButton(QToolButton):
    """A button without a frame until it is pointed at; one that is down is outlined or filled.

    It paints itself. With a style sheet, which says the same in four lines, Qt keeps the colours of
    the theme in which the button was made.
    """

    fills_when_down = False

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        colours, role = self.palette(), QPalette.ColorRole
        painter = QStylePainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_down = self.isChecked() and self.shows_down
        is_over = bool(option.state & QStyle.StateFlag.State_MouseOver) and self.isEnabled()
        ground = role.Midlight if is_down or is_over else None
        edge = role.Highlight if is_down or self.hasFocus() else None
        if self.fills_when_down:
            ground = role.Highlight if is_down else role.Button
            edge = role.Text if self.hasFocus() else role.Mid
        painter.setPen(Qt.PenStyle.NoPen if edge is None else QPen(colours.color(edge)))
        painter.setBrush(Qt.BrushStyle.NoBrush if ground is None else colours.brush(ground))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), _ROUND, _ROUND)
        # The words stay where they are: it is the ground that shows what is down.
        option.state &= ~(QStyle.StateFlag.State_On | QStyle.StateFlag.State_Sunken)
        if self.fills_when_down and is_down:
            option.palette.setBrush(role.ButtonText, colours.brush(role.HighlightedText))
        painter.drawControl(QStyle.ControlElement.CE_ToolButtonLabel, option)

    @property
    def shows_down(self) -> bool:
        """Whether its ground says that it is down; its icon or words may say it already."""
        return True


class HeadingButton(FlatButton):
    """A heading that opens and closes: open or closed is what its arrow says."""

    @property
    @override
    def shows_down(self) -> bool:
        return False


class SegmentButton(FlatButton):
    """One of several in a row, of which the one that counts is filled."""

    fills_when_down = True


class IconButton(FlatButton):
    """A flat button with an icon, a tooltip and a name for screen readers."""

    def __init__(self, name: str, icon_name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAutoRaise(True)
        self.set_tip(tip)
        self.show_icon(icon_name)

    def set_tip(self, tip: str) -> None:
        """Say what the button does."""
        self.setToolTip(tip)
        self.setAccessibleName(tip.partition("\n")[0])

    def show_icon(self, icon_name: str) -> None:
        """Show another icon."""
        self.setIcon(theme.icon(icon_name))


class NetworkBadge(QToolButton):
    """Says whether anything may leave this machine; a click throws the switch.

    Signals:
        changed(bool): whether the network is off, after a person clicked.
    """

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("network_off")
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggled.connect(self._tell)
        self._show()

    def value(self) -> bool:
        """Whether the network is off."""
        return self.isChecked()

    def set_value(self, is_off: bool) -> None:
        """Show whether it is off without telling of it."""
        with QSignalBlocker(self):
            self.setChecked(is_off)
        self._show()

    @Slot(bool)
    def _tell(self, is_off: bool) -> None:
        self._show()
        self.changed.emit(is_off)

    def _show(self) -> None:
        is_off = self.isChecked()
        text = "Offline: nothing leaves this machine" if is_off else "Network on"
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(
            "No provider makes a call. Click to allow cloud renders, downloads and key tests."
            if is_off
            else "Providers may be asked. Click to keep everything on this machine."
        )
        self.setIcon(theme.icon("wifi-off" if is_off else "wifi"))
