"""What the model's enhancer makes of a scene's prompt: asked for, looked at, taken or left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from gui.theme import GAP, Tone
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from core.project.model.project import Scene
    from gui.scenes.prompt_page import PromptBox

_ENHANCE = "Let the model's own enhancer rewrite the prompt, and look at its words first"
_STOP = "Stop the enhancer"
_WRITE = "Ask who rewrites the prompt, and at what price; nothing is sent before you agree"
_OFFERED = "The enhancer's words, to be changed, taken or left:"
_OF_ANOTHER = "The prompt was changed since it was enhanced."
_TAKEN = "The model reads these words instead of the prompt:"


@dataclass(frozen=True)
class Enhancement:
    """Where the enhancement of one prompt stands.

    Attributes:
        words: what came of it and was neither taken nor left yet.
        prompt: what these words were made of; they are offered for no other.
    """

    is_running: bool = False
    message: str = ""
    is_bad: bool = False
    words: str = ""
    prompt: str = ""

    def offered_for(self, scene: Scene) -> str:
        """The words that a scene may take; none once its prompt is another."""
        return self.words if self.prompt == scene.prompt else ""


_NONE = Enhancement()


class EnhancedBox(QWidget):
    """Shows the enhanced prompt of a scene below its own.

    Signals:
        wanted(): the prompt is to be enhanced.
        stop_wanted(): it is not, after all.
        writer_wanted(): a language model is to rewrite it.
        words_changed(str): a person edits what was offered.
        taken(str): these words are read from now on.
        edited(str): what is read is edited; empty to read the prompt itself again.
        left(): what was offered is not wanted.
    """

    wanted = Signal()
    stop_wanted = Signal()
    writer_wanted = Signal()
    words_changed = Signal(object)
    taken = Signal(object)
    edited = Signal(object)
    left = Signal()

    def __init__(self, box: PromptBox) -> None:
        super().__init__()
        self._box = box
        self._is_offered = False
        self._state = _NONE
        self._button = named(QPushButton("Enhance"), "scene_enhance", "Enhance", _ENHANCE)
        self._writer = named(
            QPushButton("Language model…"), "scene_write", _WRITE, "Enhance by a language model"
        )
        self._message = ToneLabel()
        self._heading = QLabel()
        box.setObjectName("scene_enhanced_prompt")
        box.setAccessibleName("Enhanced prompt")
        box.setToolTip("What the model reads in place of the prompt")
        self._take = named(
            QPushButton("Take"), "scene_take_enhanced", "Take",
            "Have the model read these words instead of the prompt, which is kept",
        )  # fmt: skip
        self._leave = named(QPushButton("Leave"), "scene_leave_enhanced", "Leave", "")
        for button in (self._button, self._writer, self._take, self._leave):
            button.setAutoDefault(False)
        asking = hbox(self._button, self._writer, self._message, gap=GAP, grows=self._message)
        answering = hbox(self._take, self._leave, None, gap=GAP)
        vbox(asking, self._heading, box, answering, of=self, gap=GAP // 2)
        self._button.clicked.connect(self._on_button)
        self._writer.clicked.connect(self.writer_wanted)
        self._take.clicked.connect(self._on_take)
        self._leave.clicked.connect(self._on_leave)
        box.textChanged.connect(self._on_text)

    def show_state(
        self, scene: Scene, state: Enhancement, *, is_offered: bool, is_read_only: bool
    ) -> None:
        """Show where it stands.

        Args:
            scene: whose prompt it is.
            state: of its enhancement.
            is_offered: whether the scene's model brings an enhancer.
            is_read_only: whether nothing may be changed.
        """
        offered = state.offered_for(scene)
        self._state, self._is_offered = state, bool(offered)
        words = offered or scene.enhanced_prompt
        message = state.message or (_OF_ANOTHER if state.words and not offered else "")
        has_prompt = bool(scene.prompt.strip())
        self.setVisible(is_offered or bool(words) or state.is_running or has_prompt)
        self._writer.setVisible(has_prompt and not state.is_running)
        self._writer.setEnabled(not is_read_only)
        self._button.setVisible(is_offered or state.is_running)
        self._button.setText("Stop" if state.is_running else "Enhance")
        self._button.setToolTip(_STOP if state.is_running else _ENHANCE)
        self._button.setEnabled(state.is_running or (not is_read_only and bool(scene.prompt)))
        self._message.show_message(message, Tone.BAD if state.is_bad else Tone.QUIET)
        self._heading.setText(_OFFERED if offered else _TAKEN)
        if words != self._box.toPlainText():
            self._box.replace_text(words, keeps_cursor=self._box.hasFocus())
        self._box.setReadOnly(is_read_only)
        self._take.setVisible(self._is_offered)
        self._take.setEnabled(not is_read_only)
        self._leave.setText("Leave" if offered else "Read the prompt")
        self._leave.setToolTip(
            "Forget the enhancer's words"
            if offered
            else "Have the model read the prompt itself again"
        )
        self._leave.setEnabled(self._is_offered or not is_read_only)
        for part in (self._heading, self._box, self._leave):
            part.setVisible(bool(words))

    @Slot()
    def _on_button(self) -> None:
        (self.stop_wanted if self._state.is_running else self.wanted).emit()

    @Slot()
    def _on_take(self) -> None:
        self.taken.emit(self._box.toPlainText().strip())

    @Slot()
    def _on_leave(self) -> None:
        if self._is_offered:
            self.left.emit()
        else:
            self.edited.emit("")

    @Slot()
    def _on_text(self) -> None:
        (self.words_changed if self._is_offered else self.edited).emit(self._box.toPlainText())
