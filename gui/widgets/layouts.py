"""Rows and columns of widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from gui.theme import GAP

if TYPE_CHECKING:
    from PySide6.QtWidgets import QBoxLayout, QLayout


def fill(
    layout: QBoxLayout,
    *parts: QWidget | QLayout | None,
    grows: QWidget | QLayout | None = None,
    spacing: int = GAP,
    margin: int = 0,
) -> QBoxLayout:
    """Put parts into a row or a column, and give it back.

    Args:
        layout: what they are put into.
        parts: in their order; None for a gap that takes what room there is.
        grows: the part that takes what room there is.
        spacing: between the parts.
        margin: around them.
    """
    layout.setSpacing(spacing)
    layout.setContentsMargins(margin, margin, margin, margin)
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, QWidget):
            layout.addWidget(part, int(part is grows))
        else:
            layout.addLayout(part, int(part is grows))
    return layout
