"""The storyboard: text that becomes scenes, with a preview of what it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QWidget

from core.platform.text_files import TextFile, read_text_file
from core.project.storyboard.markup import clock
from core.project.storyboard.scenes import Renewal, renew, renew_scenes
from core.project.storyboard.storyboard import Storyboard, split_storyboard
from core.video.spec import Durations
from gui.storyboard.length_field import LengthField
from gui.storyboard.storyboard_box import HeightGrip, StoryboardBox, StoryboardNotes, tag_menu
from gui.storyboard.storyboard_preview import PreviewTable
from gui.theme import GAP, Tone
from gui.widgets.fields import text_height
from gui.widgets.file_field import FileKind, file_dialog
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.project.model.project import Scene
    from core.project.storyboard.storyboard import SceneDraft, Storyboard
    from core.video.spec import ModelSpec
    from gui.background import Background
    from gui.project.project_model import ProjectModel

_PAUSE_MS = 250
_LINES = 7
# Until the model is known.
_LIMITS = Durations(minimum=1, maximum=10, default=5)
_FILES = FileKind("a text file", ("Texts (*.txt *.md *.lrc *.srt *.fountain)",))


@dataclass(frozen=True)
class StoryboardText:
    """The text as it is written, and how long the film should be; None for as long as it gets."""

    text: str = ""
    target_length_s: float | None = None


@dataclass(frozen=True)
class _PreviewQuestion:
    """All that the preview depends on."""

    value: StoryboardText
    scenes: tuple[Scene, ...]
    clip_s: float
    limits: Durations


@dataclass(frozen=True)
class _Answer:
    question: _PreviewQuestion
    board: Storyboard
    renewal: Renewal


class StoryboardWidget(QWidget):
    """Edits a storyboard and shows the scenes that it makes.

    Signals:
        changed(StoryboardText)
        made(Storyboard): a person wants these scenes; `core.project.storyboard.scenes.renew` puts
            them into the project.
    """

    changed = Signal(object)
    made = Signal(object)

    def __init__(self, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._spec: ModelSpec | None = None
        self._usual_s: float | None = None
        self._scenes: tuple[Scene, ...] = ()
        self._rendered: frozenset[str] = frozenset()
        self._answer: _Answer | None = None
        self._makes_when_split = False
        self._is_read_only = False
        self._box = StoryboardBox()
        self._grip = HeightGrip(self._box, text_height(self._box, _LINES))
        self._length = LengthField()
        self._preview = PreviewTable()
        self._problem = ToneLabel(Tone.BAD)
        self._total = ToneLabel()
        self._notes = StoryboardNotes()
        self._outcome = ToneLabel()
        self._load = QPushButton("&Load file…")
        self._tags = QPushButton("Insert ta&g")
        self._make = QPushButton("&Make scenes")
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._menu = tag_menu(self)
        self._restyle()
        self._lay_out()
        self._connect()
        self._show_state()

    def value(self) -> StoryboardText:
        """The text and the target length."""
        return StoryboardText(self._box.text(), self._length.value())

    def set_value(self, value: StoryboardText) -> None:
        """Show a text and a target length; tells nobody."""
        if value == self.value():
            return
        self._box.set_text(value.text)
        self._length.set_value(value.target_length_s)
        self._problem.show_message("")
        self._ask()

    @property
    def is_up_to_date(self) -> bool:
        """Whether the preview shows what is written now."""
        return self._answer is not None and self._answer.question == self._question()

    def set_spec(self, spec: ModelSpec) -> None:
        """How long clips can be is up to this model."""
        self._spec = spec
        self._ask()

    def set_clip_length(self, duration_s: float | None) -> None:
        """How long clips usually are; None for what is usual for the model."""
        if duration_s != self._usual_s:
            self._usual_s = duration_s
            self._ask()

    def set_scenes(self, scenes: Sequence[Scene], rendered: frozenset[str] = frozenset()) -> None:
        """Which scenes the project has, and the ids of those that have clips."""
        if tuple(scenes) != self._scenes or rendered != self._rendered:
            self._scenes, self._rendered = tuple(scenes), rendered
            self._ask()

    def set_read_only(self, is_read_only: bool) -> None:
        """Whether the text can only be read."""
        self._is_read_only = is_read_only
        self._box.setReadOnly(is_read_only)
        for part in (self._length, self._load, self._tags):
            part.setEnabled(not is_read_only)
        self._show_state()

    def _restyle(self) -> None:
        self._box.setObjectName("storyboard_text")
        self._box.setAccessibleName("Storyboard")
        self._box.setToolTip("Story, lyrics or script; the words are never changed")
        self._grip.setObjectName("storyboard_height")
        self._grip.setAccessibleName("Height of the storyboard's text")
        self._grip.setToolTip("Drag, or press the arrow keys, for more room to write")
        self._load.setObjectName("load_text")
        self._load.setToolTip("Put the words of a text file in the place of these")
        self._tags.setObjectName("insert_tag")
        self._tags.setToolTip("Say how long a scene is, how the camera moves and more")
        self._tags.setMenu(self._menu)
        self._make.setObjectName("make_scenes")
        self._make.setToolTip("Make the scenes that the preview shows; it can be undone")

    def _lay_out(self) -> None:
        below = hbox(self._outcome, grows=self._outcome)
        below.addStretch()
        below.addWidget(self._make)
        rows = vbox(
            hbox(self._load, self._tags, None, gap=GAP),
            vbox(self._box, self._grip, gap=0),
            self._problem,
            self._length,
            self._preview,
            self._total,
            self._notes,
            below,
            of=self,
            gap=GAP,
            grows=self._preview,
        )
        rows.addStretch(0)

    def _connect(self) -> None:
        self._box.edited.connect(self._on_edited)
        self._box.file_dropped.connect(self._read)
        self._length.changed.connect(self._on_edited)
        self._load.clicked.connect(self._on_load)
        self._menu.triggered.connect(self._on_tag)
        self._preview.chosen.connect(self._on_chosen)
        self._make.clicked.connect(self._on_make)
        self._pause.timeout.connect(self._split)

    @Slot()
    def _on_edited(self, _: object = None) -> None:
        self._problem.show_message("")
        self._ask()
        self.changed.emit(self.value())

    @Slot(QAction)
    def _on_tag(self, action: QAction) -> None:
        tag = str(action.data())
        cursor = self._box.textCursor()
        cursor.insertText(tag)
        if tag.endswith(" }"):
            # What is missing is typed before the brace.
            cursor.movePosition(cursor.MoveOperation.Left)
        self._box.setTextCursor(cursor)
        self._box.setFocus()

    @Slot(object)
    def _on_chosen(self, draft: SceneDraft) -> None:
        if self.is_up_to_date:
            self._box.select(draft.start, draft.text)

    @Slot()
    def _on_load(self) -> None:
        dialog = file_dialog(self, _FILES, None)
        dialog.fileSelected.connect(self._on_file)
        dialog.open()

    @Slot(str)
    def _on_file(self, path: str) -> None:
        self._read(Path(path))

    @Slot(object)
    def _read(self, path: Path) -> None:
        if not self._is_read_only:
            self._background.run(
                lambda _: read_text_file(path), self._on_read, self._on_failed, key="text file"
            )

    def _on_read(self, file: TextFile) -> None:
        self._box.replace_text(file.text)
        self._problem.show_message(file.note, Tone.WARNING)

    def _on_failed(self, error: StudioError) -> None:
        self._problem.show_message(str(error), Tone.BAD)

    @Slot()
    def _on_make(self) -> None:
        if self._answer is not None and self.is_up_to_date:
            self.made.emit(self._answer.board)
        else:
            self._makes_when_split = True
            self._split()

    def _question(self) -> _PreviewQuestion:
        limits = _LIMITS if self._spec is None else self._spec.durations
        clip_s = limits.default if self._usual_s is None else self._usual_s
        return _PreviewQuestion(self.value(), self._scenes, clip_s, limits)

    def _ask(self) -> None:
        self._makes_when_split = False
        self._pause.start()
        self._show_state()

    @Slot()
    def _split(self) -> None:
        self._pause.stop()
        work = partial(_answer, self._question())
        self._background.run(work, self._on_split, self._on_failed, key="storyboard")

    def _on_split(self, answer: _Answer) -> None:
        self._answer = answer
        self._preview.show_board(answer.board, answer.renewal)
        self._show_state()
        if self._makes_when_split and answer.question == self._question():
            self._makes_when_split = False
            self.made.emit(answer.board)

    def _show_state(self) -> None:
        answer = self._answer
        has_text = bool(self._box.text().strip())
        drafts = () if answer is None else answer.board.drafts
        self._make.setEnabled(has_text and bool(drafts) and not self._is_read_only)
        self._preview.setVisible(bool(drafts))
        if answer is None or not has_text:
            self._total.show_message("")
            self._notes.show_notes(())
            self._outcome.show_message("")
            return
        self._total.show_message(_total(answer.board) if drafts else "")
        self._notes.show_notes(answer.board.notes)
        self._outcome.show_message(_outcome(answer.renewal, self._rendered) if self._scenes else "")


def _answer(question: _PreviewQuestion, cancel: CancelToken) -> _Answer:
    board = split_storyboard(
        question.value.text,
        target_length_s=question.value.target_length_s,
        clip_s=question.clip_s,
        min_s=question.limits.minimum,
        max_s=question.limits.maximum,
    )
    cancel.check()
    return _Answer(question, board, renew_scenes(question.scenes, board))


def _total(board: Storyboard) -> str:
    count = len(board.drafts)
    words = sum(len(draft.words.split()) for draft in board.drafts)
    size = f"{count} scene{'s' * (count != 1)} · {words:,} word{'s' * (words != 1)} · "
    if board.target_length_s is None:
        return f"{size}{clock(board.total_s)} in all"
    return f"{size}{clock(board.total_s)} of {clock(board.target_length_s)}"


def _outcome(renewal: Renewal, rendered: frozenset[str]) -> str:
    """What becomes of the scenes that are there."""
    kept, own, made, gone = map(len, (renewal.kept, renewal.own, renewal.made, renewal.gone))
    parts: list[str] = []
    if kept:
        parts.append(f"{kept} with the same words stay{'s' * (kept == 1)}, with clips and edits")
    if own:
        parts.append(f"{own} added by hand stay{'s' * (own == 1)}")
    if made:
        parts.append(f"{made} {_are(made)} new")
    if gone:
        clips = sum(scene_id in rendered for scene_id in renewal.gone)
        files = f", {clips} of them with clips, whose files stay" if clips else ""
        parts.append(f"{gone} {_are(gone)} removed{files}")
    return f"Of the scenes, {'; '.join(parts)}." if parts else ""


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


class StoryboardController(QObject):
    """Keeps the text in the project, and makes scenes of it on request."""

    def __init__(self, model: ProjectModel, widget: StoryboardWidget, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._widget = widget
        widget.set_read_only(model.is_read_only)
        widget.changed.connect(self._on_text)
        widget.made.connect(self._on_made)
        model.changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self, _: object = None) -> None:
        project = self._model.project
        self._widget.set_clip_length(project.render.frame.duration_s)
        self._widget.set_scenes(
            project.scenes,
            frozenset(scene.id for scene in project.scenes if project.chosen_take(scene.id)),
        )
        self._widget.set_value(StoryboardText(project.storyboard, project.target_length_s))

    @Slot(object)
    def _on_text(self, value: StoryboardText) -> None:
        changes = {"storyboard": value.text, "target_length_s": value.target_length_s}
        project = self._model.project.model_copy(update=changes)
        self._model.edit("Change the storyboard", project, merge="storyboard")

    @Slot(object)
    def _on_made(self, storyboard: Storyboard) -> None:
        self._model.edit("Make scenes", renew(self._model.project, storyboard))
