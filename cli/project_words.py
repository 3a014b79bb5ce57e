"""Prompts of a project that a command has rewritten: shown before and after, applied on request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cli.console import wrapped
from cli.options import Kind, Option
from cli.writing import JOB, write, written
from core.errors import Problem, ProjectError, UnsupportedRequest
from core.language.tasks.prompts import ScenePrompt, prompts_of
from core.language.tasks.storyboards import StoryboardTask
from core.platform.units import count_text
from core.project.files.lock import ProjectLock
from core.project.files.project_file import project_folder, read_project, write_project
from core.project.model.edits import with_enhanced_words
from core.spending.caps import ProjectBudget
from core.video.enhance_job import EnhancedPrompt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cli.context import CliContext
    from cli.options import Typed
    from core.language.ask_job import AnyTask
    from core.project.model.project import VideoProject

SCENE = Option("--scene", Kind.MANY, "Only the scene of this number; may be repeated.", "NUMBER")
APPLY = Option(
    "--apply",
    Kind.FLAG,
    "Have the scenes rendered from what was written; their own prompts stay beside it.",
)


class ProjectWords:
    """A project whose prompts are rewritten.

    Attributes:
        project: as it is before.
    """

    def __init__(self, context: CliContext, typed: Typed) -> None:
        """Read it.

        Raises:
            UnsupportedRequest: none is named, or something typed is wrong.
            ProjectError: it cannot be read.
        """
        self._context = context
        self._typed = typed
        names = [word for word in typed.words if word]
        numbers = (typed.convert(SCENE.name, text, int) for text in typed.texts(SCENE.name))
        self._numbers = [number for number in numbers if number is not None]
        if len(names) != 1:
            typed.refuse("PROJECT", "Name one project, by its folder.")
            raise UnsupportedRequest(typed.problems)
        self._folder = project_folder(Path(names[0]))
        found = read_project(self._folder)
        for note in found.notes:
            context.console.note(note)
        self.project: VideoProject = found.project

    def prompts(self, *, is_own: bool) -> tuple[ScenePrompt, ...]:
        """Those of the scenes that were named, or of all; see `prompts_of`.

        Raises:
            UnsupportedRequest: with everything that is wrong.
        """
        try:
            return prompts_of(self.project, self._numbers, is_own=is_own)
        except UnsupportedRequest as error:
            raise UnsupportedRequest([*self._typed.problems, *error.problems]) from error

    def write(self, task: Callable[[], AnyTask]) -> None:
        """Have them rewritten, or take what a job has written, and apply it where that is asked.

        Raises:
            WritingEnded: nothing was written.
            StudioError: it cannot be done.
        """
        job, typed = self._typed.text(JOB.name), self._typed
        if job is None:
            found = write(self._context, typed, task(), ProjectBudget.of(self.project))
        else:
            if typed.problems:
                raise UnsupportedRequest(typed.problems)
            found = written(self._context, job)
            if isinstance(found.task, StoryboardTask):
                message = f"Job {job} has written a storyboard, and no prompts."
                raise UnsupportedRequest([Problem(JOB.name, message)])
        if typed.flag(APPLY.name):
            self.apply(found.rewritten)
        else:
            self._context.console.tell(
                "Nothing in the project was changed: --apply does that, now or with --job later."
            )

    def clear(self) -> None:
        """Take away what was written for the scenes, which are read as they stand again.

        Raises:
            StudioError: it cannot be done.
        """
        scenes = [
            scene
            for number, scene in enumerate(self.project.scenes, start=1)
            if scene.enhanced_prompt and (not self._numbers or number in self._numbers)
        ]
        self.apply([EnhancedPrompt(scene.prompt, "", scene_id=scene.id) for scene in scenes])

    def apply(self, rewritten: Sequence[EnhancedPrompt]) -> None:
        """Put what was written beside the prompts that it was made of.

        Raises:
            ProjectError: the project is open elsewhere, or cannot be written.
        """
        lock = ProjectLock(self._folder)
        if not lock.acquire():
            raise ProjectError(
                lock.reason, hint="Close it there, then give the command again with --job."
            )
        try:
            # Read again, now that nobody else can change it.
            project = read_project(self._folder).project
            num_done = 0
            for one in rewritten:
                scene = project.scene(one.scene_id)
                if scene is None:
                    self._context.console.note("A scene was removed meanwhile and is left out.")
                elif one.prompt not in (scene.prompt, scene.enhanced_prompt):
                    number = project.index(scene.id) + 1
                    self._context.console.note(
                        f"The prompt of scene {number} was changed meanwhile, so it stays as it is."
                    )
                else:
                    project = project.with_scene(with_enhanced_words(scene, one.text))
                    num_done += 1
            write_project(project, self._folder)
        finally:
            lock.release()
        self._context.console.event("applied", scenes=num_done)
        count = count_text(num_done, "scene")
        outcome = (
            f"{count} of {self._folder} will be rendered from these words; "
            "'main.py enhance PROJECT --clear' takes them away."
            if any(one.text for one in rewritten)
            else f"{count} of {self._folder} will be rendered from its own prompt again."
        )
        self._context.console.tell(wrapped(outcome))
