"""The tools of the mask editor: what the mouse does, and what is done to all of the mask."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PIL import Image, ImageChops
from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QButtonGroup, QPushButton, QSizePolicy, QSlider, QWidget

from core.media.masks import feathered, grown, shrunk
from gui import theme
from gui.images.mask_editor.mask_canvas import MOST_SIZE, MaskCanvas, MaskTool
from gui.images.mask_editor.painted_mask import can_undo
from gui.widgets.buttons import IconButton, SegmentButton
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import named
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.labels import heading
from gui.widgets.layouts import hbox, vbox
from gui.widgets.number_field import Limits, NumberField, NumberLook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtGui import QUndoStack

_PIXELS = NumberLook(0, 1.0, " px", is_whole=True)
_FIRST_EDGE, _MOST_EDGE = 12, 500
_SLIDER_STEPS = 200
_GAP = theme.GAP // 2
_TOOLS = {
    MaskTool.BRUSH: ("brush", "Paint what is to be edited (B)"),
    MaskTool.ERASER: ("eraser", "Take away what was painted (E)"),
    MaskTool.LASSO: ("lasso", "Draw a line around what is to be edited (L)"),
}
_CONTRARY = "The right mouse button does the contrary."
# Seen on an image of any kind: where one colour is the image's own, another one is not.
_COLOURS = {"Red": "#ff2d20", "Green": "#00d060", "Blue": "#2060ff", "Yellow": "#ffd400"}


@dataclass(frozen=True)
class ChangedMask:
    """A mask that was changed, and what is to say of it."""

    mask: Image.Image
    note: str = ""


@dataclass(frozen=True)
class WholeStep:
    """Something that is done to all of a mask.

    Attributes:
        text: what, for the tip of undo.
        change: of a mask, L, one of the same size; called beside the main thread.
    """

    text: str
    change: Callable[[Image.Image], ChangedMask]


class MaskTools(QWidget):
    """Sets what the canvas does, and tells of everything else.

    Signals:
        step_wanted(WholeStep): this is to be done to the mask.
        undo_wanted(): the last step is to be taken back.
        redo_wanted(): the step that was taken back is to be carried out again.
        file_wanted(): a mask that lies in a file is to be painted on.
    """

    step_wanted = Signal(object)
    undo_wanted = Signal()
    redo_wanted = Signal()
    file_wanted = Signal()

    def __init__(self, canvas: MaskCanvas) -> None:
        super().__init__()
        self._canvas = canvas
        self._tools = {tool: self._tool_button(tool) for tool in MaskTool}
        group = QButtonGroup(self)
        for button in self._tools.values():
            group.addButton(button)
        tip = "How wide brush and eraser are ([ and ], or Ctrl and the wheel)"
        self._slider = named(QSlider(Qt.Orientation.Horizontal), "mask_size_slider", tip, "Size")
        self._slider.setRange(0, _SLIDER_STEPS)
        self._size = named(NumberField(Limits(1, MOST_SIZE), _PIXELS), "mask_size", tip, "Size")
        self._edge = NumberField(Limits(1, _MOST_EDGE), _PIXELS)
        self._edge.show_value(_FIRST_EDGE)
        named(self._edge, "mask_edge", "By how much the edge is moved or made soft", "Edge")
        self._colour = ChoiceField([Choice(code, name) for name, code in _COLOURS.items()])
        tip = "In which colour the mask is shown; it is white in the file"
        named(self._colour, "mask_colour", tip, "Colour of the mask")
        self._undo = IconButton("mask_undo", "undo-variant", "Undo")
        self._redo = IconButton("mask_redo", "redo-variant", "Redo")
        self._open = _button("mask_open", "Open a mask…", "Go on with a mask that lies in a file")
        self._lay_out()
        canvas.size_edited.connect(self._show_size)
        self._slider.valueChanged.connect(self._on_slid)
        self._size.edited.connect(self._on_size)
        self._colour.edited.connect(self._on_colour)
        self._undo.clicked.connect(self.undo_wanted)
        self._redo.clicked.connect(self.redo_wanted)
        self._open.clicked.connect(self.file_wanted)
        self._show_size(canvas.brush_size)
        first = _COLOURS["Red"]
        self._colour.show_value(first)
        self._on_colour(first)

    def choose_tool(self, tool: MaskTool, _: bool = False) -> None:
        """Do this with the mouse from now on."""
        self._tools[tool].setChecked(True)
        self._canvas.set_tool(tool)

    @Slot()
    def invert(self) -> None:
        """Edit what is kept, and keep the rest."""
        self._tell("Invert", ImageChops.invert)

    def show_steps(self, stack: QUndoStack) -> None:
        """Show what can be taken back, and what can be done again."""
        self._undo.setEnabled(can_undo(stack))
        self._redo.setEnabled(stack.canRedo())
        self._undo.set_tip(f"Undo: {stack.undoText()} (Ctrl+Z)" if stack.canUndo() else "Undo")
        self._redo.set_tip(f"Redo: {stack.redoText()}" if stack.canRedo() else "Redo")

    def _lay_out(self) -> None:
        size = hbox(self._slider, self._size, gap=_GAP, grows=self._slider)
        edges = _buttons({
            ("mask_grow", "Grow", "Move the edge outwards"): self._grow,
            ("mask_shrink", "Shrink", "Move the edge inwards"): self._shrink,
            (
                "mask_feather", "Feather",
                "Make the edge soft, inside of what is painted: nothing beyond is edited",
            ): self._feather,
        })  # fmt: skip
        wholes = _buttons({
            ("mask_invert", "Invert", "Edit what is kept, and keep the rest (Ctrl+I)"): self.invert,
            ("mask_fill", "Fill", "Paint all of the image"): self._fill,
            ("mask_clear", "Clear", "Take all away that is painted"): self._clear,
        })  # fmt: skip
        vbox(
            FlowLayout(*self._tools.values(), gap=2),
            heading("Size"),
            size,
            heading("Edge"),
            self._edge,
            edges,
            heading("All of the image"),
            wholes,
            heading("Shown as"),
            self._colour,
            hbox(self._undo, self._redo, None, gap=_GAP),
            self._open,
            None,
            of=self,
            gap=_GAP + 2,
        )

    def _tool_button(self, tool: MaskTool) -> SegmentButton:
        icon, tip = _TOOLS[tool]
        button = SegmentButton()
        named(button, f"mask_{tool.lower()}", f"{tip}\n{_CONTRARY}", tool.value)
        button.setText(tool.value)
        button.setIcon(theme.icon(icon))
        button.setToolButtonStyle(theme.BESIDE)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setCheckable(True)
        button.setChecked(tool is self._canvas.tool)
        button.clicked.connect(partial(self.choose_tool, tool))
        return button

    @Slot(object)
    def _show_size(self, size: int) -> None:
        self._size.show_value(size)
        with QSignalBlocker(self._slider):
            # Small sizes have more room on the slider than large ones.
            share = math.log(max(size, 1)) / math.log(MOST_SIZE)
            self._slider.setValue(round(_SLIDER_STEPS * share))

    @Slot(int)
    def _on_slid(self, place: int) -> None:
        size = round(MOST_SIZE ** (place / _SLIDER_STEPS))
        self._size.show_value(size)
        self._canvas.set_brush_size(size)

    @Slot(object)
    def _on_size(self, size: float) -> None:
        self._canvas.set_brush_size(round(size))
        self._show_size(round(size))

    @Slot(object)
    def _on_colour(self, code: str) -> None:
        self._canvas.set_colour(QColor(code))

    @property
    def _edge_px(self) -> int:
        return round(self._edge.number() or 1)

    @Slot()
    def _grow(self) -> None:
        px = self._edge_px
        self._tell(f"Grow by {px} px", lambda mask: grown(mask, px))

    @Slot()
    def _shrink(self) -> None:
        px = self._edge_px
        self._tell(f"Shrink by {px} px", lambda mask: shrunk(mask, px))

    @Slot()
    def _feather(self) -> None:
        px = self._edge_px

        def change(mask: Image.Image) -> ChangedMask:
            soft, width = feathered(mask, px)
            if width == px:
                return ChangedMask(soft)
            so_wide = f"{width} px soft" if width else "not made soft"
            why = f"{px} px would take away more than half of what is painted."
            return ChangedMask(soft, f"The edge is {so_wide}: {why}")

        self.step_wanted.emit(WholeStep(f"Feather by {px} px", change))

    @Slot()
    def _fill(self) -> None:
        self._tell("Fill", lambda mask: Image.new("L", mask.size, 255))

    @Slot()
    def _clear(self) -> None:
        self._tell("Clear", lambda mask: Image.new("L", mask.size, 0))

    def _tell(self, text: str, change: Callable[[Image.Image], Image.Image]) -> None:
        self.step_wanted.emit(WholeStep(text, lambda mask: ChangedMask(change(mask))))


def _buttons(acts: Mapping[tuple[str, str, str], Callable[[], None]]) -> FlowLayout:
    """Buttons beside each other, by name, words and tip."""
    row = FlowLayout(gap=_GAP)
    for (name, text, tip), act in acts.items():
        button = _button(name, text, tip)
        button.clicked.connect(act)
        row.addWidget(button)
    return row


def _button(name: str, text: str, tip: str) -> QPushButton:
    return named(QPushButton(text), name, tip)
