"""Whatever is open, on small screens and in wordy languages, nothing is cut off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QTabWidget,
    QToolBar,
    QToolButton,
    QWidget,
)

from gui.render.lora_list import LoraList, OfferedLora
from gui.widgets.choice_field import ChoiceField
from gui.widgets.labels import ElidedLabel
from gui.widgets.number_field import NumberField
from gui.widgets.panes import FoldingSection
from tests.gui.children import child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gui.whole_window import OpenWindow

LEAVES = (
    QAbstractButton, QLabel, ElidedLabel, QAbstractSpinBox, QComboBox, QLineEdit, QAbstractSlider,
    QPlainTextEdit, QAbstractItemView,
)  # fmt: skip
# What lies in these is their own affair: they scroll, or show the rest behind an arrow.
WHOLES = (
    QAbstractSpinBox, QComboBox, QAbstractItemView, QTabBar, QLineEdit, QToolBar, ElidedLabel,
)  # fmt: skip


def lengthened(text: str, by: float) -> str:
    """A text that is longer by this share, in words such as other languages have."""
    count = max(2, round(len(text) * by))
    words = ["wxyzwxyz"] * (count // 9) + ["wxyzwxyz"[: count % 9]]
    return " ".join([text, *filter(None, words)]) if text.strip() else text


def lengthen(root: QWidget, by: float) -> None:
    """Make every text of a window longer, as a translation would."""
    for widget in root.findChildren(QWidget):
        match widget:
            case ElidedLabel():
                widget.show_text(lengthened(widget.whole_text(), by))
            case QLabel() if not isinstance(widget.parentWidget(), ElidedLabel):
                widget.setText(lengthened(widget.text(), by))
            case QToolButton() if widget.defaultAction() is not None:
                widget.defaultAction().setText(lengthened(widget.defaultAction().text(), by))
            case QAbstractButton():
                widget.setText(lengthened(widget.text(), by))
            case QTabWidget():
                for place in range(widget.count()):
                    widget.setTabText(place, lengthened(widget.tabText(place), by))
            case QComboBox():
                for row in range(widget.count()):
                    widget.setItemText(row, lengthened(widget.itemText(row), by))
            case _:
                pass


def cut_off(root: QWidget) -> Iterator[str]:
    """What of a panel reaches beyond the view that it lies in, or has too little room."""
    for widget in root.findChildren(QWidget):
        parent = widget.parentWidget()
        is_part = widget.objectName().startswith("qt_") or isinstance(parent, WHOLES)
        is_leaf = isinstance(widget, LEAVES) and not isinstance(widget, QScrollBar)
        if not is_leaf or is_part or not widget.isVisible() or in_a_list(widget):
            continue
        view = view_of(widget)
        place = QRect(widget.mapTo(view, QPoint()), widget.size())
        name = f"{type(widget).__name__} {widget.objectName()} {widget.property('text')}"
        if place.left() < 0 or place.right() > view.rect().right():
            yield f"{name} reaches from {place.left()} to {place.right()} of {view.width()}"
        elif widget.width() < widget.minimumSizeHint().width():
            yield f"{name} has {widget.width()} of {widget.minimumSizeHint().width()} pixels"
        elif isinstance(widget, QLabel) and widget.wordWrap():
            wanted = widget.heightForWidth(widget.width())
            if widget.height() < wanted - 1:
                yield f"{name} is {widget.height()} of {wanted} pixels high"


def in_a_list(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QAbstractItemView):
        parent = parent.parentWidget()
    return parent is not None


def view_of(widget: QWidget) -> QWidget:
    """The viewport of the area that the widget scrolls in; else its window."""
    at = widget
    while not at.isWindow():
        above = at.parentWidget()
        assert above is not None
        if isinstance(above, QScrollArea) and above.viewport() is at:
            return at
        at = above
    return at


@pytest.mark.parametrize("by", [0.0, 0.4])
@pytest.mark.parametrize("size", [(1024, 680), (1280, 800)])
def test_nothing_is_cut_off_whatever_is_open(
    size: tuple[int, int], by: float, opened: OpenWindow, heard: list[str]
) -> None:
    window = opened.window
    window.resize(*size)
    opened.new("A fox in the snow", "two")
    child(opened.tab, QPlainTextEdit, "storyboard_text").setPlainText("a fox\n\n[3s] an owl")
    opened.until(lambda: child(opened.tab, QAbstractItemView, "storyboard_preview").isVisible())
    opened.tab.select([opened.model.project.scenes[0].id])
    for section in opened.tab.findChildren(FoldingSection):
        section.open()
    opened.qtbot.wait(500)
    if by:
        lengthen(window, by)
        opened.qtbot.wait(300)
    assert (window.width(), window.height()) == size
    settle(opened, opened.tab)
    assert list(cut_off(opened.tab)) == []
    left = child(opened.tab, QScrollArea, "video_left")
    assert by or not left.horizontalScrollBar().isVisible()

    pages = child(opened.tab, QTabWidget, "inspector_pages")
    for chosen in (1, 2):
        opened.tab.select([scene.id for scene in opened.model.project.scenes[:chosen]])
        for place in filter(pages.isTabVisible, range(pages.count())):
            pages.setCurrentIndex(place)
            settle(opened, pages)
            assert list(cut_off(pages)) == [], pages.tabText(place)


@pytest.mark.parametrize("size", [(1024, 680), (1280, 800)])
def test_nothing_is_cut_off_with_loras_of_ones_own(
    size: tuple[int, int], opened: OpenWindow, heard: list[str]
) -> None:
    opened.window.resize(*size)
    opened.new("one", model="fake-full")
    for section in opened.tab.findChildren(FoldingSection):
        section.open()
    loras = child(opened.tab, LoraList)
    opened.until(loras.isVisible)
    path = Path("a look of my own that has a long name.safetensors")
    loras.append((path,))
    opened.until(lambda: child(loras, NumberField).isVisible())
    # Until the folder of LoRAs was read, which has none.
    opened.qtbot.wait(500)
    loras.set_offered((OfferedLora(path.stem, path, ("ink",), "Trained here: 200 steps, rank 16"),))
    opened.qtbot.wait(300)
    settle(opened, opened.tab)
    assert child(loras, ChoiceField, "lora_own").isVisible()
    assert list(cut_off(opened.tab)) == []
    assert not child(opened.tab, QScrollArea, "video_left").horizontalScrollBar().isVisible()


def settle(window: OpenWindow, panel: QWidget) -> None:
    """Give layouts, each of which asks the next one, a moment to agree."""
    for _ in range(20):
        window.qtbot.wait(50)
        if not list(cut_off(panel)):
            return


def test_the_smallest_window_fits_a_small_laptop(opened: OpenWindow) -> None:
    opened.new("one")
    for section in opened.tab.findChildren(FoldingSection):
        section.open()
    opened.qtbot.wait(200)
    least = opened.window.minimumSizeHint()
    assert (least.width() <= 1024, least.height() <= 680) == (True, True), least
