"""The words of one scene: title, prompt, and the storyboard's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSignalBlocker, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from core.errors import first_of
from core.platform.units import count_text
from core.project.model.edits import with_enhanced_words, with_prompt
from gui.characters.mention_box import MentionBox
from gui.scenes.enhanced_box import EnhancedBox, Enhancement
from gui.theme import GAP, Tone
from gui.widgets.fields import LineField, TextField, text_height
from gui.widgets.labels import ToneLabel, label_of
from gui.widgets.layouts import hbox, vbox
from gui.widgets.panes import FoldingSection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtCore import SignalInstance

    from core.project.model.project import Scene
    from core.video.spec import ModelSpec
    from gui.project.project_model import ProjectModel

_FEWEST_LINES, _STORYBOARD_LINES = 3, 3
_MOST_NOTES = 4


class PromptBox(MentionBox):
    """A box whose undo is that of the project: there is one history, not two."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setMinimumHeight(text_height(self, _FEWEST_LINES))

    @property
    def letters_before_cursor(self) -> int:
        """How many there are; Qt itself counts UTF-16 units, in which some letters are two."""
        units = self.toPlainText().encode("utf-16-le", "surrogatepass")
        before = units[: 2 * self.textCursor().position()]
        return len(before.decode("utf-16-le", "surrogatepass"))

    def replace_text(self, text: str, *, keeps_cursor: bool) -> None:
        """Show another text; tells nobody."""
        at = self.textCursor().position() if keeps_cursor else 0
        with QSignalBlocker(self):
            self.setPlainText(text)
            cursor = self.textCursor()
            cursor.setPosition(min(at, self.document().characterCount() - 1))
            self.setTextCursor(cursor)

    @override
    def event(self, event: QEvent) -> bool:
        is_history = isinstance(event, QKeyEvent) and (
            event.matches(QKeySequence.StandardKey.Undo)
            or event.matches(QKeySequence.StandardKey.Redo)
        )
        if is_history and event.type() == QEvent.Type.ShortcutOverride:
            # Left to the window's own undo.
            event.ignore()
            return False
        return super().event(event)


class PromptPage(QWidget):
    """Edits the words of one scene.

    Signals:
        cursor_moved(int): before which letter of the prompt the cursor stands.
        enhance_wanted(str), stop_wanted(str): the prompt of the scene with this id is to be
            enhanced, or not after all.
        writer_wanted(frozenset of str): a language model is to rewrite the prompt of this scene.
        words_changed(str, str): what was offered for the prompt of this scene is edited now, or
            empty because it was taken or left.
    """

    cursor_moved = Signal(object)
    enhance_wanted = Signal(object)
    stop_wanted = Signal(object)
    writer_wanted = Signal(object)
    words_changed = Signal(object, object)

    def __init__(self, model: ProjectModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._scene: Scene | None = None
        self._spec: ModelSpec | None = None
        # Not read from the box: it writes some letters, such as hard spaces, in its own way.
        self._shown_prompt = ""
        self._title = LineField()
        self._title.setObjectName("scene_title")
        self._title.setToolTip("Names the scene, in the table and as a chapter of the film")
        self._title.setPlaceholderText("No title")
        self._prompt = PromptBox()
        self._prompt.setObjectName("scene_prompt")
        self._prompt.setAccessibleName("Prompt")
        self._prompt.setToolTip("What the clip shall show; the model reads exactly these words")
        self._prompt.setPlaceholderText("Describe what is seen and heard.")
        self._count = ToneLabel()
        self._notes = ToneLabel(Tone.WARNING)
        enhanced = PromptBox()
        for box in (self._prompt, enhanced):
            box.offer(lambda: model.project.characters)
        self._enhanced = EnhancedBox(enhanced)
        self._enhancements: Mapping[str, Enhancement] = {}
        self._is_read_only = False
        self._storyboard = TextField(lines=_STORYBOARD_LINES)
        self._storyboard.setObjectName("scene_storyboard_words")
        self._storyboard.setAccessibleName("The storyboard's words")
        self._storyboard.setToolTip("What the storyboard says about this scene, to read and copy")
        self._storyboard.setReadOnly(True)
        self._section = FoldingSection(
            "scene_storyboard", "Storyboard", "The words that this scene was made from",
            [self._storyboard],
        )  # fmt: skip
        self._lay_out()
        self._title.edited.connect(self._on_title)
        self._prompt.textChanged.connect(self._on_prompt)
        self._prompt.cursorPositionChanged.connect(self._on_cursor)
        self._enhanced.wanted.connect(lambda: self._ask(self.enhance_wanted))
        self._enhanced.stop_wanted.connect(lambda: self._ask(self.stop_wanted))
        self._enhanced.writer_wanted.connect(self._on_writer)
        self._enhanced.words_changed.connect(self._on_words)
        self._enhanced.left.connect(lambda: self._on_words(""))
        self._enhanced.taken.connect(self._on_taken)
        self._enhanced.edited.connect(self._on_enhanced)

    def _lay_out(self) -> None:
        title = hbox(label_of(self._title, "&Title"), self._title, gap=GAP, grows=self._title)
        parts = (title, self._prompt, self._count, self._enhanced, self._notes, self._section)
        vbox(*parts, of=self, gap=GAP // 2, grows=self._prompt, margin=GAP)

    def show_scene(self, scene: Scene) -> None:
        """Show the words of a scene; what is being typed keeps its cursor."""
        is_other = self._scene is None or self._scene.id != scene.id
        self._scene = scene
        self._title.show_value(scene.title)
        if is_other or scene.prompt != self._shown_prompt:
            self._shown_prompt = scene.prompt
            self._prompt.replace_text(scene.prompt, keeps_cursor=not is_other)
        self._show_storyboard(scene)
        self._tell_length()
        self._show_enhanced()

    def set_spec(self, spec: ModelSpec) -> None:
        """How long prompts can be is up to this model, and whether it enhances them."""
        self._spec = spec
        self._tell_length()
        self._show_enhanced()

    def show_enhancements(self, states: Mapping[str, Enhancement]) -> None:
        """Show where the enhancement of the scene's prompt stands, by scene id."""
        self._enhancements = states
        self._show_enhanced()

    def _show_enhanced(self) -> None:
        if self._scene is not None:
            self._enhanced.show_state(
                self._scene,
                self._enhancements.get(self._scene.id, Enhancement()),
                is_offered=self._spec is not None and self._spec.enhances_prompt,
                is_read_only=self._is_read_only,
            )

    def show_notes(self, notes: Sequence[str]) -> None:
        """Say what of the scene is not rendered as it was asked for; the first few of many."""
        lines = first_of(notes, _MOST_NOTES, "{:,} more with the plan.")
        self._notes.show_message("\n".join(f"• {line}" for line in lines))

    def set_read_only(self, is_read_only: bool) -> None:
        """Whether the words can only be read."""
        self._title.setReadOnly(is_read_only)
        self._prompt.setReadOnly(is_read_only)
        self._is_read_only = is_read_only
        self._show_enhanced()

    def focus_prompt(self) -> None:
        """Go to the prompt."""
        self._prompt.setFocus()

    def _show_storyboard(self, scene: Scene) -> None:
        words = " ".join(scene.text.split())
        self._section.setVisible(bool(words) and words != " ".join(scene.prompt.split()))
        self._section.set_summary(words)
        self._storyboard.show_value(scene.text)

    def _tell_length(self) -> None:
        count = len(self._prompt.toPlainText().split())
        limit = None if self._spec is None else self._spec.max_prompt_tokens
        text = count_text(count, "word")
        if limit is not None and self._spec is not None:
            text += f". {self._spec.label} reads at most {limit} tokens; a word is one or more"
        is_long = limit is not None and count > limit
        self._count.show_message(f"{text}.", Tone.BAD if is_long else Tone.QUIET)

    @Slot(object)
    def _on_title(self, title: object) -> None:
        if self._scene is not None:
            self._edit("title", self._scene.model_copy(update={"title": str(title)}))

    @Slot()
    def _on_prompt(self) -> None:
        self._tell_length()
        if self._scene is not None:
            self._shown_prompt = self._prompt.toPlainText()
            self._edit("prompt", with_prompt(self._scene, self._shown_prompt))

    def _ask(self, signal: SignalInstance) -> None:
        if self._scene is not None:
            signal.emit(self._scene.id)

    @Slot()
    def _on_writer(self) -> None:
        if self._scene is not None:
            self.writer_wanted.emit(frozenset({self._scene.id}))

    @Slot(object)
    def _on_words(self, words: str) -> None:
        if self._scene is not None:
            self.words_changed.emit(self._scene.id, words)

    @Slot(object)
    def _on_taken(self, words: str) -> None:
        self._on_words("")
        self._on_enhanced(words)

    @Slot(object)
    def _on_enhanced(self, words: str) -> None:
        if self._scene is not None:
            self._edit("enhanced prompt", with_enhanced_words(self._scene, words))

    def _edit(self, what: str, scene: Scene) -> None:
        number = self._model.project.index(scene.id) + 1
        text = f"Change {what} of scene {number}"
        self._model.edit_scene(text, scene, merge=f"{what}:{scene.id}")

    @Slot()
    def _on_cursor(self) -> None:
        self.cursor_moved.emit(self._prompt.letters_before_cursor)
