"""The editor of a mask: the image with the mask over it, and its tools beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PIL.Image import Resampling
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QMessageBox, QPushButton, QWidget
from typing_extensions import override

from gui import theme
from gui.background import Background
from gui.images.mask_editor.mask_canvas import MaskCanvas, MaskTool
from gui.images.mask_editor.mask_tools import ChangedMask, MaskTools, WholeStep
from gui.images.mask_editor.painted_mask import PaintedMask, can_undo, changes_between
from gui.theme import Tone
from gui.widgets.buttons import IconButton
from gui.widgets.field_undo import FieldUndo
from gui.widgets.fields import named
from gui.widgets.labels import ElidedLabel, ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.panes import scrolled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PIL import Image
    from PySide6.QtGui import QImage

    from core.jobs.job import CancelToken
    from gui.images.mask_editor.painted_mask import MaskChanges

_PANEL_WIDTH = 264
_FIRST_SIZE = (1120, 760)
_TOOL_KEYS = {MaskTool.BRUSH: "B", MaskTool.ERASER: "E", MaskTool.LASSO: "L"}
_Standard = QDialogButtonBox.StandardButton


@dataclass(frozen=True)
class MaskDraft:
    """What is to be painted over.

    Attributes:
        path: of the image.
        levels: the image as it is shown and edited, upright, as `levels_of` gives it.
        mask: what is painted already, L of the image's size.
        notes: what was done to the image so that it can be shown.
    """

    path: Path
    levels: tuple[QImage, ...]
    mask: Image.Image
    notes: tuple[str, ...] = ()


class MaskDialog(QDialog):
    """Paints a mask; whoever opens it writes the file.

    Signals:
        ok_wanted(Image): this mask is to be the one, L of the image's size.
        file_wanted(): a mask that lies in a file is to be painted on.

    Attributes:
        painted: the mask.
        canvas: where it is painted.
    """

    ok_wanted = Signal(object)
    file_wanted = Signal()

    def __init__(self, draft: MaskDraft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mask_editor")
        self.setWindowTitle(f"Mask of {draft.path.name}")
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.painted = PaintedMask(draft.mask, self)
        self.canvas = MaskCanvas(draft.levels, self.painted)
        named(self.canvas, "mask_canvas", says=f"{draft.path.name}, with its mask over it")
        self._tools = MaskTools(self.canvas)
        self._notes = " ".join(draft.notes)
        # What is to say of the last step, and where the keys are to go after it.
        self._note = ""
        self._focus: QWidget | None = None
        self._background = Background(self, threads=1)
        self._state = named(ToneLabel(), "mask_state")
        self._problem = named(ToneLabel(Tone.BAD), "mask_problem")
        self._buttons = QDialogButtonBox(_Standard.Ok | _Standard.Cancel)
        self._ok = named(self._buttons.button(_Standard.Ok), "mask_ok")
        cancel = self._buttons.button(_Standard.Cancel)
        named(cancel, "mask_cancel", "Leave the mask as it was (Escape)")
        self._lay_out()
        self._make_keys()
        # Undo is the editor's own with the focus in a number too.
        FieldUndo(self)
        self._tools.step_wanted.connect(self._run)
        self._tools.undo_wanted.connect(self._undo)
        self._tools.redo_wanted.connect(self._redo)
        self._tools.file_wanted.connect(self.file_wanted)
        self._buttons.accepted.connect(self._on_ok)
        self._buttons.rejected.connect(self.reject)
        self.painted.undo_stack.indexChanged.connect(self._on_step)
        self._on_step()
        self.canvas.setFocus()

    def show_problem(self, text: str) -> None:
        """Say what could not be done; what is painted is still here."""
        self._problem.show_message(text)
        self._buttons.setEnabled(True)
        self._set_busy(is_busy=False)
        self._show_state()

    def put_mask(self, mask: Image.Image, _: bool = False) -> None:
        """Paint on with this one, L, scaled to the size of the image, as a step of its own."""

        def change(before: Image.Image) -> ChangedMask:
            if mask.size == before.size:
                return ChangedMask(mask)
            return ChangedMask(mask.resize(before.size, Resampling.LANCZOS))

        self._run(WholeStep("Open a mask", change))

    @override
    def reject(self) -> None:
        """Close, and ask before anything that was painted is lost."""
        if not self._buttons.isEnabled():
            return
        self.canvas.end_stroke()
        if self.painted.undo_stack.isClean():
            super().reject()
            return
        box = QMessageBox(
            QMessageBox.Icon.Question,
            "Close without the mask",
            "What you painted is lost. Close the editor all the same?",
            QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
            self,
        )
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.finished.connect(self._on_answer)
        box.open()

    @Slot(int)
    def _on_answer(self, answer: int) -> None:
        if answer == QMessageBox.StandardButton.Discard:
            super().reject()

    @override
    def done(self, result: int) -> None:
        self._background.close()
        super().done(result)

    def _lay_out(self) -> None:
        area = scrolled(self._tools, "mask_tools")
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumWidth(max(_PANEL_WIDTH, self._tools.minimumSizeHint().width() + theme.EDGE))
        area.setMaximumWidth(area.minimumWidth())
        right = vbox(self.canvas, self._view_buttons(), gap=theme.GAP // 2, grows=self.canvas)
        both = hbox(area, right, gap=theme.GAP, grows=right)
        vbox(
            both,
            self._state,
            self._problem,
            self._buttons,
            of=self,
            gap=theme.GAP,
            margin=theme.EDGE,
            grows=both,
        )
        self.resize(*_FIRST_SIZE)
        for button in self.findChildren(QPushButton):
            # Enter in a number is no OK.
            button.setAutoDefault(False)

    def _view_buttons(self) -> QWidget:
        zoom = ElidedLabel(Qt.AlignmentFlag.AlignHCenter, is_cut=False)
        smaller = IconButton("mask_smaller", "magnify-minus-outline", "Smaller (-, or the wheel)")
        larger = IconButton("mask_larger", "magnify-plus-outline", "Larger (+, or the wheel)")
        fit = named(QPushButton("Fit"), "mask_fit", "Show all of the image (Ctrl+0)")
        whole = named(
            QPushButton("100 %"), "mask_100", "Show each pixel as one of the screen (Ctrl+1)"
        )
        smaller.clicked.connect(partial(self._step_zoom, -1))
        larger.clicked.connect(partial(self._step_zoom, 1))
        fit.clicked.connect(self.canvas.fit)
        whole.clicked.connect(self._zoom_whole)

        def show_zoom(value: float) -> None:
            zoom.show_text(f"{value * 100:.3g} %")

        self.canvas.view_changed.connect(show_zoom)
        show_zoom(self.canvas.view.zoom)
        row = QWidget()
        hbox(smaller, zoom, larger, fit, whole, None, of=row, gap=theme.GAP)
        return row

    def _make_keys(self) -> None:
        canvas = self.canvas
        keys: dict[QKeySequence | QKeySequence.StandardKey | str, Callable[[], object]] = {
            "[": partial(canvas.step_brush, -1),
            "]": partial(canvas.step_brush, 1),
            "-": partial(self._step_zoom, -1),
            "+": partial(self._step_zoom, 1),
            "=": partial(self._step_zoom, 1),
            "Ctrl+0": canvas.fit,
            "Ctrl+1": self._zoom_whole,
            "Ctrl+I": self._tools.invert,
            QKeySequence.StandardKey.Undo: self._undo,
            QKeySequence.StandardKey.Redo: self._redo,
        }
        for tool, key in _TOOL_KEYS.items():
            keys[key] = partial(self._tools.choose_tool, tool)
        # Not by way of a sequence: a standard key has several of them.
        self._shortcuts = [QShortcut(key, self) for key in keys]
        for shortcut, act in zip(self._shortcuts, keys.values(), strict=True):
            shortcut.activated.connect(act)

    @Slot(object)
    def _run(self, step: WholeStep) -> None:
        """Change all of the mask beside the main thread: a large one takes its time."""
        self.canvas.end_stroke()
        before = self.painted.copy()

        def work(_: CancelToken) -> tuple[MaskChanges, str]:
            changed = step.change(before)
            return changes_between(before, changed.mask), changed.note

        def done(found: tuple[MaskChanges, str]) -> None:
            changes, note = found
            self._set_busy(is_busy=False)
            self.painted.apply(step.text, changes)
            self._note = note
            self._show_state()

        self._problem.show_message("")
        self._set_busy(is_busy=True)
        self._background.run(work, done, lambda error: self.show_problem(str(error)))

    def _set_busy(self, *, is_busy: bool) -> None:
        """Nothing can be painted or taken until it is done; a person may still leave."""
        if is_busy and self.canvas.isEnabled():
            self._focus = self.focusWidget()
        for part in (self.canvas, self._tools, self._ok):
            part.setEnabled(not is_busy)
        for shortcut in self._shortcuts:
            shortcut.setEnabled(not is_busy)
        if not is_busy and self._focus is not None:
            self._focus.setFocus()
            self._focus = None

    @Slot()
    def _undo(self) -> None:
        self.canvas.end_stroke()
        if can_undo(self.painted.undo_stack):
            self.painted.undo()

    @Slot()
    def _redo(self) -> None:
        self.canvas.end_stroke()
        self.painted.redo()

    def _step_zoom(self, steps: int, _: bool = False) -> None:
        self.canvas.step_zoom(steps)

    @Slot()
    def _zoom_whole(self) -> None:
        self.canvas.zoom_to(1.0)

    @Slot()
    def _on_step(self, _: int = 0) -> None:
        self._note = ""
        self._tools.show_steps(self.painted.undo_stack)
        self._show_state()

    def _show_state(self) -> None:
        share = self.painted.share
        why_not = ""
        if share == 0:
            why_not = "Nothing is painted yet: paint what is to be edited."
        elif share == 1:
            why_not = "All of the image is painted: to edit all of it, leave the mask out."
        self._ok.setEnabled(not why_not)
        self._ok.setToolTip(why_not or "Edit the image within this mask")
        said = why_not or f"{_percent(share)} of the image is edited."
        self._state.show_message(
            " ".join(filter(None, [said, self._note, self._notes])),
            Tone.WARNING if why_not or self._note else Tone.QUIET,
        )

    @Slot()
    def _on_ok(self) -> None:
        self.canvas.end_stroke()
        # Until it is written, or that failed.
        self._buttons.setEnabled(False)
        self.ok_wanted.emit(self.painted.copy())


def _percent(share: float) -> str:
    """A share that is neither nothing nor all, and does not say so."""
    percent = share * 100
    return "Less than 1 %" if percent < 1 else f"{min(percent, 99):.0f} %"
