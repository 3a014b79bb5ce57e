"""The storyboard: text that becomes scenes, with a preview of what it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QWidget

from core.platform.text_files import ENCODINGS, TextFile, UnknownEncoding, read_text_file
from core.project.model.project import TextFormat
from core.project.storyboard.formats import FORMAT_LABELS, SUFFIXES, format_of, recognise
from core.project.storyboard.scenes import renew
from core.project.storyboard.storyboard import Storyboard
from core.video.spec import Durations
from gui.storyboard.length_field import LengthField
from gui.storyboard.storyboard_answer import (
    PreviewAnswer,
    PreviewQuestion,
    StoryboardText,
    answer_of,
    length_changes_text,
    outcome_text,
    total_text,
)
from gui.storyboard.storyboard_box import StoryboardBox, StoryboardNotes, tag_menu
from gui.storyboard.storyboard_preview import PreviewTable
from gui.storyboard.writer_field import WriterField
from gui.theme import GAP, Tone
from gui.widgets.choice_field import Choice, ChoiceField, choices_of
from gui.widgets.fields import WrappingCheckBox, text_height
from gui.widgets.file_field import FileKind, file_dialog
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.panes import HeightGrip

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
_FILES = FileKind("a text file", (f"Texts ({' '.join(f'*{suffix}' for suffix in SUFFIXES)})",))


_ENCODING_CHOICES = [Choice(None, "Encoding told by its letters"), *choices_of(ENCODINGS)]


def _format_choices(found: TextFormat | None) -> list[Choice]:
    """What a text can be read as; first what it looks like."""
    looks = "Read as what it looks like"
    if found is not None:
        looks = f"{FORMAT_LABELS[found]}, by its looks"
    return [Choice(None, looks), *choices_of(FORMAT_LABELS)]


@dataclass(frozen=True)
class _LoadedText:
    """A file as it was read; `chosen` is the encoding that a person named for it."""

    path: Path
    file: TextFile
    chosen: str | None


@dataclass(frozen=True)
class WantedScenes:
    """The arguments of `core.project.storyboard.scenes.renew`, which puts them into a project."""

    board: Storyboard
    shares_anew: bool


class StoryboardWidget(QWidget):
    """Edits a storyboard and shows the scenes that it makes.

    Signals:
        changed(StoryboardText)
        made(WantedScenes): a person wants these scenes.
        writing_wanted(PreviewQuestion): a language model is to make scenes of this.

    Attributes:
        writer: whose scenes are shown: those of the text's marks, or of a language model.
    """

    changed = Signal(object)
    made = Signal(object)
    writing_wanted = Signal(object)

    def __init__(self, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._spec: ModelSpec | None = None
        self._waits_for_spec = False
        self._usual_s: float | None = None
        self._scenes: tuple[Scene, ...] = ()
        self._rendered: frozenset[str] = frozenset()
        self._answer: PreviewAnswer | None = None
        self._makes_when_split = False
        self._is_read_only = False
        self._box = StoryboardBox()
        self._grip = HeightGrip(self._box, text_height(self._box, _LINES))
        self._length = LengthField()
        self._preview = PreviewTable()
        self._problem = ToneLabel(Tone.BAD)
        self._total = ToneLabel()
        self._notes = StoryboardNotes()
        self._share_anew = WrappingCheckBox("&Share it among the scenes that stay, too")
        self._outcome = ToneLabel()
        self._load = QPushButton("&Load file…")
        self._format = ChoiceField(_format_choices(None))
        # Shown where a file's letters leave doubts, for the file of that path.
        self._encoding = ChoiceField(_ENCODING_CHOICES)
        self._unsure_of: Path | None = None
        self._tags = QPushButton("Insert ta&g")
        self.writer = WriterField()
        self._make = QPushButton("&Make scenes")
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._menu = tag_menu(self)
        self._restyle()
        self._lay_out()
        self._connect()
        self._show_state()

    def value(self) -> StoryboardText:
        """The text and the target length."""
        value = self._format.value()
        text_format = value if isinstance(value, TextFormat) else None
        return StoryboardText(self._box.text(), self._length.value(), text_format)

    def set_value(self, value: StoryboardText) -> None:
        """Show a text and a target length; tells nobody."""
        if value == self.value():
            return
        self._box.set_text(value.text)
        self._length.set_value(value.target_length_s)
        self._format.show_value(value.text_format)
        self._ask_for_encoding(None)
        self._problem.show_message("")
        self._ask()

    @property
    def is_up_to_date(self) -> bool:
        """Whether the preview shows what is written now."""
        return self._answer is not None and self._answer.question == self._question()

    def wait_for_spec(self) -> None:
        """Show no lengths before `set_spec` has told whose they are."""
        self._waits_for_spec = True

    @Slot(object)
    def set_spec(self, spec: ModelSpec | None) -> None:
        """How long clips can be is up to this model; None where there is none such."""
        makes = self._makes_when_split
        self._spec, self._waits_for_spec = spec, False
        self._ask()
        if makes:
            self._on_make()

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

    def fit(self, room: int) -> None:
        """Let the box be higher where it lies in so much room, in pixels."""
        self._grip.fit(room)

    def begin_to_write(self) -> None:
        """Go where the text is written."""
        self._box.setFocus()

    def set_read_only(self, is_read_only: bool) -> None:
        """Whether the text can only be read."""
        self._is_read_only = is_read_only
        self._box.setReadOnly(is_read_only)
        for part in (self._length, self._load, self._tags, self._format, self._encoding):
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
        self._format.setObjectName("text_format")
        self._format.setAccessibleName("Read as")
        self._format.setToolTip("What the text is: titles, notes and numbers of it are no scenes")
        self._encoding.setObjectName("text_encoding")
        self._encoding.setAccessibleName("Encoding of the file")
        self._encoding.setToolTip("Read the file again in the encoding that you choose")
        self._encoding.hide()
        self._tags.setObjectName("insert_tag")
        self._tags.setToolTip("Say how long a scene is, how the camera moves and more")
        self._tags.setMenu(self._menu)
        self._make.setObjectName("make_scenes")
        self._make.setToolTip("Make the scenes that the preview shows; it can be undone")
        self._share_anew.setObjectName("share_anew")
        self._share_anew.setToolTip(
            "Scenes that stay keep their lengths, so that their clips stay up to date.\n"
            "Tick this to divide the target length among all scenes again."
        )

    def _lay_out(self) -> None:
        rows = vbox(
            FlowLayout(self._load, self._tags, self._format, gap=GAP),
            vbox(self._box, self._grip, gap=0),
            self._problem,
            hbox(self._encoding, None),
            self._length,
            self.writer,
            self._preview,
            self._total,
            self._notes,
            self._share_anew,
            self._outcome,
            FlowLayout(self._make, gap=GAP),
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
        self._format.edited.connect(self._on_edited)
        self._encoding.edited.connect(self._on_encoding)
        self._menu.triggered.connect(self._on_tag)
        self._preview.chosen.connect(self._on_chosen)
        self._make.clicked.connect(self._on_make)
        self._share_anew.toggled.connect(self._on_share)
        self._pause.timeout.connect(self._split)
        self.writer.wanted.connect(lambda: self.writing_wanted.emit(self._question()))
        self.writer.changed.connect(self._on_share)

    @Slot()
    def _on_edited(self, _: object = None) -> None:
        # What is edited is not read again over the edits.
        self._ask_for_encoding(None)
        self._problem.show_message("")
        self._ask()
        self.changed.emit(self.value())

    @Slot(bool)
    def _on_share(self, _: bool = False) -> None:
        self._ask()

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
        self._read_in(path, None)

    def _read_in(self, path: Path, encoding: str | None) -> None:
        if self._is_read_only:
            return

        def work(_: CancelToken) -> _LoadedText:
            return _LoadedText(path, read_text_file(path, encoding=encoding), encoding)

        def on_failed(error: StudioError) -> None:
            if encoding is not None or isinstance(error, UnknownEncoding):
                self._ask_for_encoding(path, encoding)
            self._on_failed(error)

        self._background.run(work, self._on_read, on_failed, key="text file")

    def _on_read(self, loaded: _LoadedText) -> None:
        named = format_of(loaded.path)
        # What it looks like goes on to count when other words are pasted later.
        self._format.show_value(None if named is recognise(loaded.file.text) else named)
        self._box.replace_text(loaded.file.text)
        if loaded.file.note or loaded.chosen:
            self._ask_for_encoding(loaded.path, loaded.chosen)
        self._problem.show_message(loaded.file.note, Tone.WARNING)

    def _ask_for_encoding(self, path: Path | None, chosen: str | None = None) -> None:
        """Let a person choose the encoding of a file; None for no file."""
        self._encoding.show_value(chosen)
        self._unsure_of = path
        self._encoding.setVisible(path is not None)

    @Slot(object)
    def _on_encoding(self, encoding: object) -> None:
        if self._unsure_of is not None:
            self._read_in(self._unsure_of, encoding if isinstance(encoding, str) else None)

    def _on_failed(self, error: StudioError) -> None:
        self._problem.show_message(str(error), Tone.BAD)

    @Slot()
    def _on_make(self) -> None:
        if self._answer is not None and self.is_up_to_date:
            self._tell_made(self._answer)
        else:
            self._makes_when_split = True
            self._split()

    def _question(self) -> PreviewQuestion:
        limits = _LIMITS if self._spec is None else self._spec.durations
        clip_s = limits.default if self._usual_s is None else self._usual_s
        shares_anew = self._share_anew.isChecked()
        written = self.writer.written
        return PreviewQuestion(self.value(), self._scenes, clip_s, limits, shares_anew, written)

    def _tell_made(self, answer: PreviewAnswer) -> None:
        self._makes_when_split = False
        self.made.emit(WantedScenes(answer.board, answer.question.shares_anew))
        # It was asked for once: scenes that are made later are not to lose their lengths by it.
        self._share_anew.setChecked(False)

    def _ask(self) -> None:
        self.writer.fit(self.value())
        self._makes_when_split = False
        self._pause.start()
        self._show_state()

    @Slot()
    def _split(self) -> None:
        self._pause.stop()
        if self._waits_for_spec:
            return
        work = partial(answer_of, self._question())
        self._background.run(work, self._on_split, self._on_failed, key="storyboard")

    def _on_split(self, answer: PreviewAnswer) -> None:
        self._answer = answer
        self._format.show_choices(_format_choices(answer.board.text_format), self._format.value())
        self._preview.show_board(answer.board, answer.renewal, answer.question.clip_s)
        self._show_state()
        if self._makes_when_split and answer.question == self._question():
            self._tell_made(answer)

    def _show_state(self) -> None:
        answer = self._answer
        has_text = bool(self._box.text().strip())
        drafts = () if answer is None else answer.board.drafts
        self._make.setEnabled(has_text and bool(drafts) and not self._is_read_only)
        self._preview.setVisible(bool(drafts))
        is_sharing = answer is not None and bool(drafts) and bool(answer.renewal.unshared)
        self._share_anew.setVisible(is_sharing and has_text)
        self._share_anew.setEnabled(not self._is_read_only)
        self.writer.set_possible(has_text and not self._is_read_only)
        if answer is None or not has_text:
            self._total.show_message("")
            self._notes.show_notes(())
            self._outcome.show_message("")
            return
        self._total.show_message(total_text(answer) if drafts else "")
        self._notes.show_notes(answer.board.notes)
        outcome = ""
        if self._scenes:
            changes = length_changes_text(answer, self._rendered)
            outcome = f"{outcome_text(answer.renewal, self._rendered)} {changes}".strip()
        self._outcome.show_message(outcome)


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
        self._widget.set_value(
            StoryboardText(project.storyboard, project.target_length_s, project.storyboard_format)
        )

    @Slot(object)
    def _on_text(self, value: StoryboardText) -> None:
        changes = {
            "storyboard": value.text,
            "target_length_s": value.target_length_s,
            "storyboard_format": value.text_format,
        }
        project = self._model.project.model_copy(update=changes)
        self._model.edit("Change the storyboard", project, merge="storyboard")

    @Slot(object)
    def _on_made(self, wanted: WantedScenes) -> None:
        project = renew(self._model.project, wanted.board, shares_anew=wanted.shares_anew)
        self._model.edit("Make scenes", project)
