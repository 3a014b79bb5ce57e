"""The image tab: what is ordered on the left, all pictures in the middle, the chosen one right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QPushButton,
    QWidget,
)

from gui import theme
from gui.images.grid_panel import GridPanel
from gui.images.image_details import ImageDetails
from gui.images.image_form import ImageForm
from gui.images.image_gallery import ImageGallery
from gui.images.image_progress import ImageProgress
from gui.images.prompt_bar import PromptBar
from gui.images.settings_source import SettingsSource
from gui.render.plan_fixes import ChooseFrame, ChooseValue, ClearFrame, EditPrompt
from gui.render.plan_line import PlanLine
from gui.widgets.fields import named
from gui.widgets.layouts import hbox, vbox
from gui.widgets.panes import Splitter, scrolled

if TYPE_CHECKING:
    from core.history.history import History
    from core.history.history_entry import HistoryEntry
    from core.history.prompt_history import PromptHistory
    from gui.background import Background
    from gui.images.image_batch import ImageBatch
    from gui.render.plan_fixes import Fix
    from gui.render.plan_text import PlanText
    from gui.widgets.thumbnails import Thumbnails

_LEFT, _MIDDLE, _RIGHT = 340, 580, 324
NOTHING = "Describe a picture to see what it takes."


class ImageTab(QWidget):
    """Holds the panels; who owns it wires what lies beyond them.

    Signals:
        make_wanted(ImageBatch): to be made as ordered.
        fix_wanted(Fix): what is not mended by another choice here.

    Attributes:
        prompts: what was typed before.
        source: a file whose settings are wanted.
        order: what is to be made.
        grid: what changes from one to the next, where many are.
        line: what that takes, or what speaks against it.
        progress: how far it is.
        gallery: what was made.
        details: the chosen one of it.
    """

    make_wanted = Signal(object)
    fix_wanted = Signal(object)

    def __init__(
        self,
        history: History,
        background: Background,
        thumbnails: Thumbnails,
        prompts: PromptHistory,
    ) -> None:
        super().__init__()
        self.prompts = PromptBar(prompts, background)
        self.source = SettingsSource()
        self.order = ImageForm()
        self.grid = GridPanel()
        self.line = PlanLine()
        self.line.set_nothing(NOTHING)
        self.progress = ImageProgress()
        self._price = ""
        self._make = named(QPushButton(), "image_make")
        self.gallery = ImageGallery(history, background, thumbnails)
        self.details = ImageDetails(thumbnails)
        self._lay_out()
        self._make.clicked.connect(self._on_make)
        self.order.changed.connect(self._on_edit)
        self.line.fix_wanted.connect(self._on_fix)
        self.gallery.chosen.connect(self._on_chosen)
        self.details.vary.wanted.connect(self._on_vary)
        self.prompts.prompt_wanted.connect(self._on_prompt)
        self.prompts.order_wanted.connect(self.take_over)
        self._show_order()

    def _lay_out(self) -> None:
        content = QWidget()
        vbox(
            self.source, self.prompts, self.order, self.line, self.grid, None,
            of=content, gap=theme.GAP,
        )  # fmt: skip
        area = scrolled(content, "image_left")
        left = QWidget()
        rows = vbox(area, self.progress, self._make, of=left, gap=theme.GAP, grows=area)
        rows.setContentsMargins(0, 0, theme.GAP, 0)
        self.details.setContentsMargins(theme.GAP, 0, 0, 0)
        left.setMinimumWidth(_LEFT * 4 // 5)
        self.details.setMinimumWidth(_RIGHT * 4 // 5)
        parts = Splitter(Qt.Orientation.Horizontal)
        parts.setObjectName("image_columns")
        parts.setChildrenCollapsible(False)
        for part in (left, self.gallery, self.details):
            parts.addWidget(part)
        parts.setStretchFactor(1, 1)
        parts.setSizes([_LEFT, _MIDDLE, _RIGHT])
        hbox(parts, of=self, margin=theme.EDGE)

    def value(self) -> ImageBatch:
        """The order as it stands."""
        return self.order.value()

    def set_value(self, value: ImageBatch) -> None:
        """Show another order; tells nobody."""
        self.order.set_value(value)
        self._show_order()

    @Slot(object)
    def take_over(self, order: ImageBatch) -> None:
        """Show another order, as a person would have chosen it."""
        self.set_value(order)
        self.order.changed.emit(order)
        self.order.focus_prompt()

    @Slot(object)
    def _on_prompt(self, prompt: str) -> None:
        self.order.put("prompt", prompt)
        self.order.focus_prompt()

    def show_plan(self, text: PlanText) -> None:
        """Show what the order takes, or what speaks against it; what it costs is on the button."""
        self.line.set_text(text)
        self._price = text.price
        self._label()

    @Slot(object)
    def _on_edit(self, _: object) -> None:
        self._price = ""
        self._show_order()

    def _show_order(self) -> None:
        self.prompts.set_typed(self.order.value().prompt)
        has_words = self.order.can_be_made
        self._make.setEnabled(has_words)
        self._label()
        self._make.setToolTip(
            "Put it into the queue (Ctrl+Return)" if has_words else "Describe a picture first"
        )
        if not has_words:
            self.line.set_nothing(NOTHING)

    def _label(self) -> None:
        count = self.order.value().count
        words = "Ma&ke picture" if count == 1 else f"Ma&ke {count} pictures"
        self._make.setText(f"{words} · {self._price}" if self._price else words)
        # Again after every new text, which brings its own key and takes this one away.
        self._make.setShortcut("Ctrl+Return")

    @Slot()
    def _on_make(self) -> None:
        self.make_wanted.emit(self.order.value())

    @Slot(object)
    def _on_fix(self, fix: Fix) -> None:
        match fix:
            case ChooseValue() | ChooseFrame() | ClearFrame():
                self.order.choose(fix)
            case EditPrompt():
                self.order.focus_prompt()
            case _:
                self.fix_wanted.emit(fix)

    @Slot(object)
    def _on_chosen(self, entry: HistoryEntry | None) -> None:
        self.details.show_entry(entry)
        self.order.set_last_seed(None if entry is None else entry.seed)

    @Slot(object)
    def _on_vary(self, entry: HistoryEntry) -> None:
        if entry.clip_record is not None:
            self.order.vary(entry.clip_record, entry.path)
