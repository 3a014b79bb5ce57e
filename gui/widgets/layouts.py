"""Layouts that are filled in one call."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

B = TypeVar("B", bound=QBoxLayout)
Content = QWidget | QLayout | None


def hbox(
    *parts: Content,
    of: QWidget | None = None,
    gap: int = -1,
    margin: int = 0,
    grows: Content = None,
) -> QHBoxLayout:
    """Widgets and layouts beside each other.

    Args:
        parts: from the left; None for the room that is left.
        of: the widget whose layout it is; none for one that is put into another layout.
        gap: between two parts; -1 for the usual one.
        margin: around all of them.
        grows: the part that takes the room that is left.
    """
    return _filled(QHBoxLayout() if of is None else QHBoxLayout(of), parts, gap, margin, grows)


def vbox(
    *parts: Content,
    of: QWidget | None = None,
    gap: int = -1,
    margin: int = 0,
    grows: Content = None,
) -> QVBoxLayout:
    """Widgets and layouts below each other, from the top; told as for `hbox`."""
    return _filled(QVBoxLayout() if of is None else QVBoxLayout(of), parts, gap, margin, grows)


def _filled(layout: B, parts: tuple[Content, ...], gap: int, margin: int, grows: Content) -> B:
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(gap)
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, QWidget):
            layout.addWidget(part, int(part is grows))
        else:
            layout.addLayout(part, int(part is grows))
    return layout
