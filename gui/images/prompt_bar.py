"""The prompts of before, at the field for the prompt: one step back or forth, or looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from gui.images.image_batch import ImageBatch
from gui.theme import GAP, Tone
from gui.widgets.buttons import IconButton
from gui.widgets.fields import SearchField, named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from core.errors import StudioError
    from core.history.prompt_history import PromptHistory, UsedPrompt
    from core.jobs.job import CancelToken
    from gui.background import Background

_POPUP_SIZE = (520, 420)
_SHOWN_LETTERS = 400
_USED = Qt.ItemDataRole.UserRole


class PromptBar(QWidget):
    """Steps through the prompts of before, and opens the list of all of them.

    Signals:
        prompt_wanted(str): these words are wanted in the field.
        order_wanted(ImageBatch): these words with all that was ordered with them.
    """

    prompt_wanted = Signal(object)
    order_wanted = Signal(object)

    def __init__(self, prompts: PromptHistory, background: Background) -> None:
        super().__init__()
        self._history = prompts
        self._background = background
        self._known: tuple[UsedPrompt, ...] = ()
        # How many steps back; at 0 stands what is being typed.
        self._steps = 0
        self._draft: str = ""
        self._shown: str = ""
        self._back = IconButton("prompt_back", "arrow-up", "The prompt before this one (Alt+PgUp)")
        self._forth = IconButton("prompt_forth", "arrow-down", "The prompt after it (Alt+PgDown)")
        self._open = IconButton("prompt_list", "history", "All prompts of before (Alt+H)")
        self._back.setShortcut("Alt+PgUp")
        self._forth.setShortcut("Alt+PgDown")
        self._open.setShortcut("Alt+H")
        self._problem = ToneLabel(Tone.BAD)
        line = hbox(QLabel("Prompt"), None, self._back, self._forth, self._open, gap=2)
        vbox(line, self._problem, of=self, gap=0)
        self._back.clicked.connect(self._on_back)
        self._forth.clicked.connect(self._on_forth)
        self._open.clicked.connect(self._on_open)
        self._offer()

    def begin(self) -> None:
        """Read what was used before."""
        self._background.run(lambda _: self._history.find(), self._take, self._fail, key="prompts")

    def add(self, order: ImageBatch) -> None:
        """Take down that these words are used now."""
        history = self._history

        def add(_: CancelToken) -> tuple[UsedPrompt, ...]:
            history.add(order.prompt, order.model_dump_json())
            return history.find()

        self._steps = 0
        self._background.run(add, self._take, self._fail)

    def set_typed(self, text: str) -> None:
        """What stands in the field now; once a person types, the newest prompt is one step back."""
        if text != self._shown:
            self._steps = 0
            self._draft = self._shown = text
        self._offer()

    def _take(self, known: tuple[UsedPrompt, ...]) -> None:
        self._known = known
        self._problem.show_message("")
        self._offer()

    def _fail(self, error: StudioError) -> None:
        self._problem.show_message(str(error))

    def _next(self, by: int) -> int | None:
        """How many steps back the next other words are, in one direction; None where are none."""
        steps = self._steps + by
        while (
            0 < steps <= len(self._known) and self._known[steps - 1].prompt == self._shown.strip()
        ):
            steps += by
        return steps if 0 <= steps <= len(self._known) and steps != self._steps else None

    def _offer(self) -> None:
        self._back.setEnabled(self._next(1) is not None)
        self._forth.setEnabled(self._next(-1) is not None)
        self._open.setEnabled(bool(self._known))

    @Slot()
    def _on_back(self) -> None:
        self._step(self._next(1))

    @Slot()
    def _on_forth(self) -> None:
        self._step(self._next(-1))

    def _step(self, steps: int | None) -> None:
        if steps is None:
            return
        self._steps = steps
        self._shown = self._known[steps - 1].prompt if steps else self._draft
        self.prompt_wanted.emit(self._shown)
        self._offer()

    @Slot()
    def _on_open(self) -> None:
        popup = PromptPopup(self._history, self._background, self)
        popup.prompt_wanted.connect(self.prompt_wanted)
        popup.order_wanted.connect(self.order_wanted)
        popup.forget_wanted.connect(self._on_forget)
        popup.move(self._open.mapToGlobal(QPoint(0, self._open.height())))
        popup.open_at(self._known)

    @Slot(object)
    def _on_forget(self, used: UsedPrompt) -> None:
        history = self._history

        def forget(_: CancelToken) -> tuple[UsedPrompt, ...]:
            history.remove(used.id)
            return history.find()

        self._background.run(forget, self._take, self._fail)


class PromptPopup(QDialog):
    """All prompts of before, the last used first, and a search over them.

    Signals:
        prompt_wanted(str): these words are wanted.
        order_wanted(ImageBatch): these words with all that was ordered with them.
        forget_wanted(UsedPrompt): it is not wanted any more.
    """

    prompt_wanted = Signal(object)
    order_wanted = Signal(object)
    forget_wanted = Signal(object)

    def __init__(self, prompts: PromptHistory, background: Background, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._history = prompts
        self._background = background
        self._reading: CancelToken | None = None
        self.setObjectName("prompt_popup")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._search = SearchField(
            "prompt_search", "Search prompts", "Words that must all occur", "Search prompts"
        )
        self._list = named(QListWidget(), "prompts", says="Prompts, the last used first")
        self._list.setWordWrap(False)
        self._list.setSpacing(GAP // 4)
        self._list.setUniformItemSizes(True)
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._use = named(QPushButton("Use prompt"), "prompt_use", "Take these words over (Return)")
        self._use_all = named(
            QPushButton("With all settings"), "prompt_use_all",
            "Take the words over with model, size, seed and files (Ctrl+Return)",
        )  # fmt: skip
        self._forget = IconButton(
            "prompt_forget", "delete-outline", "Forget this prompt (Del); pictures keep theirs"
        )
        self._problem = ToneLabel(Tone.BAD)
        self._use.setDefault(True)
        self._use_all.setAutoDefault(False)
        line = hbox(self._use, self._use_all, None, self._forget, gap=GAP)
        vbox(
            self._search, self._list, self._problem, line,
            of=self, gap=GAP, margin=GAP, grows=self._list,
        )  # fmt: skip
        self.resize(*_POPUP_SIZE)
        self._search.searched.connect(self._find)
        self._list.currentItemChanged.connect(self._offer)
        self._list.itemDoubleClicked.connect(self._on_use)
        self._use.clicked.connect(self._on_use)
        self._use_all.clicked.connect(self._on_use_all)
        self._forget.clicked.connect(self._on_forget)
        for key, act, place in (
            ("Ctrl+Return", self._on_use_all, self),
            ("Del", self._on_forget, self._list),
            ("Down", self._on_down, self._search),
        ):
            shortcut = QShortcut(QKeySequence(key), place)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)
        self._offer()

    def open_at(self, known: tuple[UsedPrompt, ...]) -> None:
        """Show these, ready to look for words."""
        self._take(known)
        self.show()
        self._search.setFocus()

    @Slot()
    def _find(self) -> None:
        text = self._search.text()
        self._reading = self._background.run(
            lambda _: self._history.find(text), self._take, self._fail, key="prompts-found"
        )

    def _take(self, found: tuple[UsedPrompt, ...]) -> None:
        self._list.clear()
        for used in found:
            item = QListWidgetItem(_lines(used), self._list)
            item.setToolTip(used.prompt[:_SHOWN_LETTERS])
            item.setData(_USED, used)
        self._list.setCurrentRow(0)
        self._problem.show_message("" if found else "No prompt has these words.", Tone.QUIET)
        self._offer()

    def _fail(self, error: StudioError) -> None:
        self._problem.show_message(str(error), Tone.BAD)

    @property
    def _chosen(self) -> UsedPrompt | None:
        row = self._list.currentRow()
        return None if row < 0 else self._list.item(row).data(_USED)

    @Slot()
    def _offer(self) -> None:
        chosen = self._chosen
        self._use.setEnabled(chosen is not None)
        self._forget.setEnabled(chosen is not None)
        self._use_all.setEnabled(chosen is not None and order_of(chosen) is not None)

    @Slot()
    def _on_down(self) -> None:
        self._list.setFocus()
        self._list.setCurrentRow(min(self._list.currentRow() + 1, self._list.count() - 1))

    @Slot()
    def _on_use(self) -> None:
        if self._chosen is not None:
            self.prompt_wanted.emit(self._chosen.prompt)
            self.close()

    @Slot()
    def _on_use_all(self) -> None:
        order = None if self._chosen is None else order_of(self._chosen)
        if order is not None:
            self.order_wanted.emit(order)
            self.close()

    @Slot()
    def _on_forget(self) -> None:
        chosen, row = self._chosen, self._list.currentRow()
        if chosen is None:
            return
        self._list.takeItem(row)
        self.forget_wanted.emit(chosen)

    def done(self, result: int) -> None:
        """Stop looking, and close."""
        if self._reading is not None:
            self._reading.cancel()
        super().done(result)


def order_of(used: UsedPrompt) -> ImageBatch | None:
    """All that was ordered with a prompt; None where another version wrote it otherwise."""
    try:
        return ImageBatch.model_validate_json(used.settings)
    except ValidationError:
        return None


def _lines(used: UsedPrompt) -> str:
    order = order_of(used)
    parts = [f"{used.used_at.astimezone():%Y-%m-%d %H:%M}"]
    if order is not None:
        parts.append(order.target.model)
        parts += [] if order.seed is None else [f"seed {order.seed}"]
    return f"{' '.join(used.prompt.split())[:_SHOWN_LETTERS]}\n{' · '.join(parts)}"
