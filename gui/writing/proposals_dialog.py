"""Prompts before and after a language model, side by side: each is taken or left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)
from typing_extensions import override

from core.platform.units import count_text
from gui import theme
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from core.project.model.project import VideoProject
    from core.video.enhance_job import EnhancedPrompt

_SIZE = (820, 520)
_SCENE, _BEFORE, _AFTER = range(3)
_State = Qt.CheckState


class ProposalsDialog(QDialog):
    """Shows what was written for the scenes of a project; closed, it is shown again later.

    Signals:
        taken(tuple of EnhancedPrompt): these are read in place of the prompts from now on; the
            others are left. Empty where all are left.
    """

    taken = Signal(object)

    def __init__(
        self,
        project: VideoProject,
        rewritten: Sequence[EnhancedPrompt],
        parent: QWidget,
        *,
        writer: str,
        style: str = "",
    ) -> None:
        """Of the project as it is now.

        Args:
            project: whose scenes they are; of one that was changed since nothing is taken.
            rewritten: what was written.
            parent: the window.
            writer: what the language model is called.
            style: the sentence that holds for all of them; empty for none.
        """
        super().__init__(parent)
        self.setObjectName("proposals_dialog")
        self.setWindowTitle(f"Prompts by {writer}")
        self._rewritten = tuple(rewritten)
        self._style = named(ToneLabel(), "proposals_style")
        self._style.show_message(f"One style: {style}" if style else "")
        self._what = ToneLabel()
        self._what.show_message(
            "Ticked scenes are rendered from the words on the right; their own prompts stay beside "
            "them. One undo takes all back."
        )
        self._table = named(
            QTableWidget(0, 3), "proposals", "Tick what is taken", "Prompts before and after"
        )
        self._all = named(QPushButton("Tick &all"), "proposals_all", "Take every scene's words")
        self._none = named(QPushButton("Tick &none"), "proposals_none", "Untick every scene")
        self._leave = named(QPushButton("&Leave all"), "proposals_leave", "Forget all these words")
        self._take = named(QPushButton(), "proposals_take", "Take the ticked words; can be undone")
        self._fill(project)
        for button in (self._all, self._none, self._leave):
            button.setAutoDefault(False)
        buttons = hbox(self._all, self._none, None, self._leave, self._take, gap=theme.GAP)
        vbox(
            self._style, self._what, self._table, buttons,
            of=self, gap=theme.GAP, margin=theme.EDGE, grows=self._table,
        )  # fmt: skip
        self.resize(*_SIZE)
        self._table.itemChanged.connect(self._show_count)
        self._all.clicked.connect(lambda: self._tick(_State.Checked))
        self._none.clicked.connect(lambda: self._tick(_State.Unchecked))
        self._leave.clicked.connect(lambda: self._end(()))
        self._take.clicked.connect(lambda: self._end(self._ticked()))
        self._show_count()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give each row the room that its words need."""
        super().resizeEvent(event)
        self._table.resizeRowsToContents()

    def _fill(self, project: VideoProject) -> None:
        table = self._table
        table.setHorizontalHeaderLabels(["Scene", "Before", "After"])
        table.setRowCount(len(self._rewritten))
        table.verticalHeader().hide()
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setWordWrap(True)
        table.setTabKeyNavigation(False)
        table.setAlternatingRowColors(True)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(_SCENE, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_BEFORE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_AFTER, QHeaderView.ResizeMode.Stretch)
        for row, one in enumerate(self._rewritten):
            scene = project.scene(one.scene_id)
            is_same = scene is not None and one.prompt in (scene.prompt, scene.enhanced_prompt)
            number = "gone" if scene is None else str(project.index(scene.id) + 1)
            first = QTableWidgetItem(number if is_same or scene is None else f"{number} · changed")
            flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
            first.setFlags(flags | Qt.ItemFlag.ItemIsEnabled if is_same else flags)
            first.setCheckState(_State.Checked if is_same else _State.Unchecked)
            if not is_same:
                first.setToolTip("The prompt was changed since, so it stays as it is")
            table.setItem(row, _SCENE, first)
            for column, text in ((_BEFORE, one.prompt), (_AFTER, one.text)):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
                table.setItem(row, column, item)

    def _boxes(self) -> list[QTableWidgetItem]:
        items = (self._table.item(row, _SCENE) for row in range(len(self._rewritten)))
        return [item for item in items if item is not None]

    def _ticked(self) -> tuple[EnhancedPrompt, ...]:
        pairs = zip(self._rewritten, self._boxes(), strict=True)
        return tuple(one for one, box in pairs if box.checkState() is _State.Checked)

    def _tick(self, state: Qt.CheckState) -> None:
        for box in self._boxes():
            if box.flags() & Qt.ItemFlag.ItemIsEnabled:
                box.setCheckState(state)

    @Slot()
    def _show_count(self, _: object = None) -> None:
        count = len(self._ticked())
        self._take.setText(f"&Take {count_text(count, 'prompt')}")
        self._take.setEnabled(count > 0)

    def _end(self, taken: tuple[EnhancedPrompt, ...]) -> None:
        self.taken.emit(taken)
        self.accept()
