"""Chooses what the player shows: the take, the sequence of all scenes, the last export."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from gui.player.player_text import PlayerSource
from gui.widgets.fields import named

_LABELS = {
    PlayerSource.TAKE: ("Take", "The chosen take of the scene."),
    PlayerSource.SEQUENCE: ("Sequence", "All scenes, cut as the export will cut them."),
    PlayerSource.EXPORT: ("Last export", "The newest finished film file."),
}
# Fusion shows which of them is pressed by a shade that the dark theme does not have.
_PRESSED = """
QToolButton { border: 1px solid palette(mid); padding: 3px 8px; background: palette(button); }
QToolButton:checked { background: palette(highlight); color: palette(highlighted-text); }
QToolButton:focus { border-color: palette(text); }
"""


class SourceBar(QWidget):
    """Three buttons, one of them pressed.

    Signals:
        wanted(PlayerSource): a person pressed one.
    """

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setStyleSheet(_PRESSED)
        self._group = QButtonGroup(self)
        self._buttons: dict[PlayerSource, QToolButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for source, (label, tip) in _LABELS.items():
            button = named(QToolButton(), f"source_{source.value}")
            button.setText(label)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, source=source: self.wanted.emit(source))
            self._group.addButton(button)
            self._buttons[source] = button
            layout.addWidget(button)
        self.set_source(PlayerSource.TAKE)

    def source(self) -> PlayerSource:
        """What is pressed."""
        return next(one for one, button in self._buttons.items() if button.isChecked())

    def set_source(self, source: PlayerSource) -> None:
        """Press one; tells nobody."""
        self._buttons[source].setChecked(True)
