"""Has language models write for the open project, and brings what they wrote to a person."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot

from core.errors import JournalError
from core.jobs.job import Cancelled, Failed, Progressed, Queued, SubjectKind, Succeeded
from core.jobs.job_record import JobState
from core.jobs.queue import new_job_id
from core.language.model import KIND
from core.language.tasks.prompts import ContinuityTask, EnhanceTask, prompts_of
from core.language.tasks.storyboards import StoryboardTask, names_for
from core.platform.units import count_text
from core.project.model.edits import with_enhanced_words
from core.spending.caps import ProjectBudget
from core.video.enhance_job import is_answered, mark_answered
from gui.storyboard.storyboard_answer import StoryboardText
from gui.storyboard.writer_field import WrittenBoard
from gui.theme import Tone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from core.errors import StudioError
    from core.jobs.job import CancelToken, JobUpdate, Subject
    from core.language.ask_job import WrittenAnswers
    from core.language.language_models import PlannedWriting
    from core.project.storyboard.storyboard import Storyboard
    from core.studio import Studio
    from core.video.enhance_job import EnhancedPrompt
    from gui.background import Background
    from gui.project.project_model import ProjectModel
    from gui.scenes.scene_actions import SceneActions
    from gui.scenes.scene_inspector import SceneInspector
    from gui.storyboard.storyboard_answer import PreviewQuestion
    from gui.storyboard.storyboard_widget import StoryboardWidget, WantedScenes
    from gui.writing.writing_dialog import Task

_WAITING = "Waiting for its turn"


@dataclass(frozen=True)
class _Written:
    """What came of a job; `board` of a storyboard alone."""

    answers: WrittenAnswers
    file: Path
    board: Storyboard | None


class WritingController(QObject):
    """Asks who writes, submits after a click on the price, and shows each answer until it is taken.

    Signals:
        message(str): a sentence for the status console.
        fix_wanted(Fix): what only another room can mend.
    """

    message = Signal(object)
    fix_wanted = Signal(object)

    def __init__(
        self,
        studio: Studio,
        model: ProjectModel,
        storyboard: StoryboardWidget,
        inspector: SceneInspector,
        actions: SceneActions,
        background: Background,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._model = model
        self._storyboard = storyboard
        self._background = background
        self._window = parent
        # Which of this project's jobs write its storyboard, and those that were heard to the end.
        self._boards: set[str] = set()
        self._ended: set[str] = set()
        self._board: _Written | None = None
        storyboard.writing_wanted.connect(self.ask_for_storyboard)
        storyboard.made.connect(self._on_made)
        inspector.writer_wanted.connect(self.ask_to_enhance)
        actions.enhance_wanted.connect(self.ask_to_enhance)
        actions.style_wanted.connect(self.ask_for_style)
        project_id = model.project.id
        background.run(lambda _: self._find_jobs(project_id), self._take_up, lambda _: None)

    @Slot(object)
    def ask_for_storyboard(self, asked: PreviewQuestion) -> None:
        """Ask who makes scenes of the storyboard's text."""
        project, limits = self._model.project, asked.limits

        def make(style: str, _: bool) -> StoryboardTask:
            task = StoryboardTask(
                text=asked.value.text,
                text_format=asked.value.text_format,
                target_length_s=asked.value.target_length_s,
                clip_s=asked.clip_s,
                min_s=limits.minimum,
                max_s=limits.maximum,
                style=style,
                characters=names_for(project.characters),
                project_id=project.id,
            )
            task.check()
            return task

        what = (
            "A language model divides the text and writes for each scene what is seen, with camera "
            "moves, lengths and who is in it. Every line stays in exactly one scene. You look at "
            "the scenes before they are made."
        )
        self._ask(
            make, "Storyboard by a language model", what, "How all scenes look", is_storyboard=True
        )

    @Slot(object)
    def ask_to_enhance(self, scene_ids: frozenset[str]) -> None:
        """Ask who rewrites the prompts of these scenes, or of all."""
        project = self._model.project
        numbers = [place for place, one in enumerate(project.scenes, 1) if one.id in scene_ids]

        def make(style: str, only_selected: bool) -> EnhanceTask:
            prompts = prompts_of(project, numbers if only_selected else ())
            return EnhanceTask(prompts=prompts, project_id=project.id, style=style)

        what = (
            "A language model adds to each prompt what a camera would see. Before and after are "
            "shown side by side, and you take or leave them scene by scene."
        )
        self._ask(make, "Enhance prompts", what, "How all of them look", num_selected=len(numbers))

    @Slot()
    def ask_for_style(self) -> None:
        """Ask who brings all prompts into one style."""
        project = self._model.project

        def make(style: str, _: bool) -> ContinuityTask:
            prompts = prompts_of(project, is_own=False)
            return ContinuityTask(prompts=prompts, project_id=project.id, style=style)

        what = (
            "A language model proposes every prompt anew, so that all scenes look like one film. "
            "Before and after are shown side by side, and you take all or some."
        )
        self._ask(
            make, "One style for all scenes", what,
            "The sentence that holds for all scenes; empty to draw it from the prompts",
        )  # fmt: skip

    def _ask(
        self,
        make: Callable[[str, bool], Task],
        title: str,
        what: str,
        style_tip: str,
        *,
        num_selected: int = 0,
        is_storyboard: bool = False,
    ) -> None:
        # Loaded late: most of the time nobody asks.
        from gui.writing.writing_dialog import WritingDialog

        dialog = WritingDialog(
            self._studio, self._model, self._background, make, self._window,
            title=title, what=what, style_tip=style_tip,
            num_selected=num_selected, is_storyboard=is_storyboard,
        )  # fmt: skip
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.agreed.connect(self._submit)
        dialog.fix_wanted.connect(self.fix_wanted)
        dialog.open()

    @Slot(object)
    def _submit(self, planned: PlannedWriting) -> None:
        job_id, budget = new_job_id(), ProjectBudget.of(self._model.project)
        is_board = isinstance(planned.task, StoryboardTask)
        if is_board:
            self._boards = {job_id}
            self._storyboard.writer.show_message(_WAITING)

        def submit(cancel: CancelToken) -> None:
            cancel.check()
            self._studio.language.submit(planned, job_id=job_id, project=budget)

        def failed(error: StudioError) -> None:
            self._tell_failed(job_id, error)

        self._background.run(submit, lambda _: None, failed)
        if not is_board:
            self.message.emit(f"{planned.model.label} is asked: {planned.task.title}.")

    @Slot(object)
    def on_event(self, update: JobUpdate) -> None:
        """Show how far a language model is, and what it wrote."""
        if not self._is_ours(update.subject, self._model.project.id):
            return
        writer, job_id = self._storyboard.writer, update.job_id
        is_board = job_id in self._boards
        match update.event:
            case Queued() if is_board:
                writer.show_message(_WAITING)
            case Progressed(message=message) if is_board:
                writer.show_message(message or "")
            case Cancelled() if is_board:
                writer.show_message("")
            case Failed(error=error):
                self._background.run(
                    lambda _: self._studio.queue.job(job_id).kind == KIND,
                    lambda is_writing: self._tell_failed(job_id, error) if is_writing else None,
                    lambda _: None,
                )
            case Succeeded(path=path):
                self._ended.add(job_id)
                self._background.run(
                    lambda _: self._read(job_id, path),
                    self._offer,
                    lambda error: self._tell_failed(job_id, error),
                )
            case _:
                pass

    def _tell_failed(self, job_id: str, error: object) -> None:
        if job_id in self._boards:
            self._storyboard.writer.show_message(str(error), Tone.BAD)
        else:
            self.message.emit(f"Nothing was written: {error}")

    @staticmethod
    def _is_ours(subject: Subject | None, project_id: str) -> bool:
        return (
            subject is not None and subject.kind is SubjectKind.PROJECT and subject.id == project_id
        )

    def _find_jobs(self, project_id: str) -> tuple[_Written, ...]:
        """The newest storyboard and all prompts that no person has taken or left."""
        board: _Written | None = None
        prompts: list[_Written] = []
        for record in self._studio.queue.jobs():
            if record.kind != KIND or not self._is_ours(record.subject, project_id):
                continue
            if record.state is not JobState.SUCCEEDED or record.path is None:
                continue
            if record.id in self._ended:
                continue
            with suppress(JournalError):
                found = self._read(record.id, record.path)
                is_open = not is_answered(record.path)
                if found is not None and found.board is not None:
                    board = found if is_open else None
                elif found is not None and is_open:
                    prompts.append(found)
        return (*prompts, *(() if board is None else (board,)))

    def _take_up(self, found: tuple[_Written, ...]) -> None:
        """Show what was written before this project was opened."""
        for one in found:
            self._offer(one)

    def _read(self, job_id: str, file: Path) -> _Written | None:
        """What a job wrote; None where it asked no language model."""
        record = self._studio.queue.job(job_id)
        if record.kind != KIND:
            return None
        answers = self._studio.language.read(record, file)
        task = answers.task
        if not isinstance(task, StoryboardTask):
            return _Written(answers, file, None)
        board = task.storyboard(answers.answers)
        mended = [
            note for number, one in enumerate(answers.answers) for note in task.read(number, one)
        ]
        return _Written(answers, file, replace(board, notes=(*mended, *board.notes)))

    def _offer(self, found: _Written | None) -> None:
        # Where nothing may be changed it waits for whoever may.
        if found is None or self._model.is_read_only:
            return
        if found.board is None:
            self._show_proposals(found)
            return
        task, writer = found.answers.task, found.answers.model.label
        assert isinstance(task, StoryboardTask), "it has a storyboard"
        value = StoryboardText(task.text, task.target_length_s, task.text_format)
        if value != self._storyboard.value():
            self.message.emit(
                f"{writer} has made a storyboard of a text that was changed since, so it is not "
                "shown."
            )
            self._storyboard.writer.show_message("")
            return
        self._board = found
        self._storyboard.writer.show_written(WrittenBoard(found.board, value, writer))

    def _show_proposals(self, found: _Written) -> None:
        from gui.writing.proposals_dialog import ProposalsDialog

        answers = found.answers
        task = answers.task
        style = task.style_of(answers.answers) if isinstance(task, ContinuityTask) else ""
        dialog = ProposalsDialog(
            self._model.project, answers.rewritten, self._window,
            writer=answers.model.label, style=style,
        )  # fmt: skip
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.taken.connect(partial(self._take, found.file))
        dialog.show()

    def _take(self, file: Path, taken: tuple[EnhancedPrompt, ...]) -> None:
        project = self._model.project
        scenes = [(project.scene(one.scene_id), one) for one in taken]
        changed = [
            with_enhanced_words(scene, one.text)
            for scene, one in scenes
            if scene is not None and one.prompt in (scene.prompt, scene.enhanced_prompt)
        ]
        self._model.end_merging()
        self._model.edit_scenes(f"Take {count_text(len(changed), 'prompt')}", changed)
        if len(changed) < len(taken):
            left = count_text(len(taken) - len(changed), "scene")
            self.message.emit(f"{left} changed meanwhile and stay as they are.")
        self._mark(file)

    @Slot(object)
    def _on_made(self, _: WantedScenes) -> None:
        # Scenes by the text's own marks are an answer too: that one was not wanted.
        if self._board is not None:
            self._mark(self._board.file)

    def _mark(self, file: Path) -> None:
        self._background.run(lambda _: mark_answered(file), lambda _: None, lambda _: None)
