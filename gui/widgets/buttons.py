"""Small buttons whose icons follow the theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QToolButton

from gui import theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class IconButton(QToolButton):
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
