"""Scenes of a project, ordered by a command: the project that it holds, plans, and the run."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from cli.consent import agrees_to_price
from cli.console import wrapped
from cli.progress import ProgressView, progress_view
from cli.render_command import as_event, describe, reasons_against, tell_resumable
from cli.run_job import JobEvents
from cli.signals import EXIT_CANCELLED, EXIT_DONE, EXIT_FAILED, EXIT_NOT_CONFIGURED
from core.errors import (
    JobCancelled,
    NotConfigured,
    Problem,
    StudioError,
    UnsupportedRequest,
)
from core.jobs.job import (
    Cancelled,
    CancelToken,
    Failed,
    JobUpdate,
    Notice,
    Progressed,
    Queued,
    Succeeded,
)
from core.platform.units import count_text, price
from core.project.files.lock import ProjectLock
from core.project.files.project_file import read_project, write_project
from core.project.model.edits import with_made_frame, with_start_frame
from core.video.planning.render_planner import most_usd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cli.context import CliContext
    from core.jobs.lanes import Lane
    from core.project.model.project import Scene, Take, VideoProject
    from core.project.render.orders import RenderOffer
    from core.project.render.planning import PlannedScene
    from core.project.render.rendering import SceneRendering
    from core.project.render.start_frames import StartFrames

T = TypeVar("T")


@dataclass(frozen=True)
class RunChoice:
    """How a command goes on from its plans.

    Attributes:
        is_dry: it ends there.
        is_agreed: '--yes' was typed.
        noun, verb: of what is made: "clip" and "render".
        nothing: why there may be nothing to make, as the beginning of a sentence.
    """

    is_dry: bool
    is_agreed: bool
    noun: str
    verb: str
    nothing: str


def scenes_by_number(host: CommandHost, numbers: Sequence[int]) -> tuple[Scene, ...]:
    """The scenes of these numbers, from 1.

    Raises:
        UnsupportedRequest: with every number that no scene has.
    """
    scenes = host.project.scenes
    problems = [
        Problem("scene", f"There is no scene {number}; the project has {len(scenes)}.")
        for number in numbers
        if not 1 <= number <= len(scenes)
    ]
    if problems:
        raise UnsupportedRequest(problems)
    return tuple(scenes[number - 1] for number in numbers)


class CommandHost:
    """The project as a command holds it: saved after each take, unless a window has it open."""

    def __init__(self, context: CliContext, folder: Path, *, is_dry: bool) -> None:
        self._context = context
        self.cancel = CancelToken()
        self.errors: list[StudioError] = []
        loaded = read_project(folder)
        for note in loaded.notes:
            context.console.note(note)
        self.project: VideoProject = loaded.project
        self.folder = folder
        self._lock = ProjectLock(folder)
        self.is_read_only = is_dry or not self._lock.acquire()
        if self.is_read_only and not is_dry:
            context.console.note(
                f"{self._lock.reason} What is made is put into its folder, and becomes part of it "
                "when it is opened the next time."
            )

    def add_take(self, scene_id: str, take: Take) -> None:
        """Take over a finished clip."""
        takes = self.project.takes_of(scene_id).with_take(take)
        self.save(self.project.with_takes(scene_id, takes))

    def add_frame(self, scene_id: str, image: Path, *, is_wanted: bool) -> None:
        """Take over a finished image; `is_wanted` makes it the start frame."""
        change = with_start_frame if is_wanted else with_made_frame
        self.save(change(self.project, scene_id, image))

    def wait_for(self, scene_ids: Sequence[str]) -> None:
        """Remember which scenes follow."""
        self.save(self.project.model_copy(update={"to_render": tuple(scene_ids)}))

    def save(self, project: VideoProject) -> None:
        """Make the project this one, and write it unless it is another one's to change."""
        is_new, self.project = project != self.project, project
        if is_new and not self.is_read_only:
            write_project(project, self.folder)

    def run(
        self,
        work: Callable[[CancelToken], T],
        done: Callable[[T], None],
        failed: Callable[[StudioError], None],
        *,
        key: str = "",
    ) -> None:
        """Do it at once."""
        try:
            result = work(self.cancel)
        except JobCancelled:
            return
        except StudioError as error:
            failed(error)
            return
        done(result)

    def jobs_changed(self) -> None:
        """Nothing is shown of it: every event is."""

    def show_message(self, text: str) -> None:
        """Tell it as a note."""
        self._context.console.note(text)

    def show_error(self, error: StudioError) -> None:
        """Keep it, to be told at the end."""
        self.errors.append(error)

    def number(self, scene_id: str) -> int:
        """The scene's place, from 1."""
        return self.project.index(scene_id) + 1

    def close(self) -> None:
        """Let others change the project."""
        self._lock.release()


def show_offer(
    context: CliContext, host: CommandHost, offer: RenderOffer, *, skips: bool, noun: str = "clip"
) -> None:
    """Show the plans of all scenes, and what they cost.

    Args:
        context: what every command works with.
        host: the project.
        offer: what was planned.
        skips: scenes that are refused are left out.
        noun: what is made.

    Raises:
        UnsupportedRequest: with everything that is wrong with any of them.
    """
    problems = [
        Problem(
            f"scene {host.number(item.scene.id)}", f"Scene {host.number(item.scene.id)}: {text}"
        )
        for item in offer.refused
        for text in (problem.message for problem in item.problems)
    ]
    if problems and not skips:
        raise UnsupportedRequest(problems)
    for problem in problems:
        context.console.note(f"{problem.message} It is left out.")
    for item in sorted((*offer.planned, *offer.waiting), key=lambda one: host.number(one.scene.id)):
        _show(context, host, item, follows=item in offer.waiting)
    for scene_id, job_id in offer.lost.items():
        context.console.note(
            f"Scene {host.number(scene_id)}: the answer to its earlier order was lost, so it may "
            f"be bought already, and would be twice. See 'main.py jobs show {job_id}' first."
        )
    count = len(offer.planned) + len(offer.waiting)
    if count > 1:
        context.console.tell(f"{count_text(count, noun)}, {price(offer.cost_usd)} in all.")


def _show(context: CliContext, host: CommandHost, item: PlannedScene, *, follows: bool) -> None:
    number = host.number(item.scene.id)
    context.console.event("plan", scene=number, follows=follows, **as_event(item.planned))
    info = context.studio.registry.find(item.planned.plan.target)
    after = f" goes on from scene {number - 1}," if follows else ""
    context.console.tell(f"Scene {number}:{after} {describe(item.planned, info)}")
    for sentence in item.sent.notes:
        context.console.tell(wrapped(sentence, first="  note: ", rest="        "))


def run_offer(
    context: CliContext,
    host: CommandHost,
    rendering: SceneRendering | StartFrames,
    offer: RenderOffer,
    choice: RunChoice,
) -> int:
    """Order what was planned and stay until it is made, once a person has agreed to its price.

    Raises:
        NotConfigured: it cannot be made here.
        StudioError: it would pass a cap.
        UnsupportedRequest: nobody is there to be asked.
    """
    reasons = _reasons(offer)
    if choice.is_dry:
        if offer.refusal is not None:
            context.console.note(str(offer.refusal))
        for reason in reasons:
            context.console.note(f"This cannot be made here: {reason}")
        context.console.tell("Only planned; nothing was made.")
        return EXIT_DONE if offer.refusal is None and not reasons else EXIT_NOT_CONFIGURED
    if not offer.planned and not offer.waiting:
        why = "The rest is left out" if offer.refused else choice.nothing
        context.console.tell(f"{why}; there is nothing to {choice.verb}.")
        return EXIT_DONE
    if reasons:
        raise NotConfigured(" ".join(reasons))
    if offer.refusal is not None:
        raise offer.refusal
    every = (*offer.planned, *offer.waiting)
    paid = [one.planned for one in every if one.planned.most_usd != 0]
    what = count_text(len(paid), choice.noun)
    if paid and not agrees_to_price(
        context.console, what, most_usd(paid), is_agreed=choice.is_agreed
    ):
        return EXIT_CANCELLED
    tell_resumable(context)
    return _ProjectRun(context, host, rendering).run(offer)


def _reasons(offer: RenderOffer) -> list[str]:
    """Why nothing of it can be made here, each once."""
    return list(
        dict.fromkeys(
            reason
            for item in (*offer.planned, *offer.waiting)
            for reason in reasons_against(item.planned)
        )
    )


class _ProjectRun:
    """Jobs for the scenes of one project, from the first to the last."""

    def __init__(
        self, context: CliContext, host: CommandHost, rendering: SceneRendering | StartFrames
    ) -> None:
        self._context = context
        self._host = host
        self._queue = context.queue
        self._rendering = rendering
        self._active: set[str] = set()
        self._events = JobEvents(context, lambda: self._active)
        self._failures = 0

    def run(self, offer: RenderOffer) -> int:
        """Queue what was planned and stay until everything has come to its end."""
        unsubscribe = self._queue.subscribe(self._events.put)
        items = (*offer.planned, *offer.waiting)
        lanes = {lane for item in items for lane in self._lanes_of(item)}
        workers = [
            threading.Thread(target=self._queue.run, args=(lane,), daemon=True)
            for lane in lanes
            for _ in range(self._queue.places[lane])
        ]
        try:
            with (
                self._context.signals.calling(self._events.stop),
                progress_view(self._context.console) as view,
            ):
                self._rendering.queue(offer)
                for worker in workers:
                    worker.start()
                # What follows is queued while the clip before it is taken in.
                while self._active or not self._events.is_empty:
                    self._look(view)
        finally:
            unsubscribe()
        return self._end()

    def _lanes_of(self, item: PlannedScene) -> set[Lane]:
        """Where its clip may be made, those included at which it may go on."""
        planned, find = item.planned, self._context.studio.registry.find
        plans = (planned.plan, *(one.plan for one in planned.fallbacks))
        return {find(plan.target).lane for plan in plans}

    def _look(self, view: ProgressView) -> None:
        if self._events.is_stopping and not self._host.cancel.cancelled:
            self._host.cancel.cancel()
            self._host.wait_for(())
        update = self._events.next(view)
        if update is None:
            return
        scene_id = self._rendering.scene_of(update.subject)
        if scene_id:
            self._show(update, scene_id, view)
            self._rendering.on_event(update)

    def _show(self, update: JobUpdate, scene_id: str, view: ProgressView) -> None:
        """Say what has happened."""
        number = self._host.number(scene_id)
        event, name = update.event, f"Scene {number}"
        fields = event.model_dump(mode="json", exclude_none=True, exclude={"event"})
        self._context.console.event(event.event, job=update.job_id, scene=number, **fields)
        match event:
            case Queued():
                self._active.add(update.job_id)
            case Progressed():
                words = f"{name}: {event.message}" if event.message else name
                view.show(event.model_copy(update={"message": words}))
            case Notice():
                view.print(wrapped(f"{name}: {event.message}"))
            case Failed(error=error):
                self._failures += 1
                self._active.discard(update.job_id)
                view.print(wrapped(f"{name} failed: {error}"))
            case Succeeded(path=path):
                self._active.discard(update.job_id)
                view.print(f"{name} is done: {path}")
            case Cancelled():
                self._active.discard(update.job_id)
            case _:
                pass

    def _end(self) -> int:
        if self._events.is_stopping:
            self._context.console.tell("Cancelled. What is done stays.")
            return EXIT_CANCELLED
        for error in self._host.errors:
            self._context.console.tell(wrapped(f"Error: {error}"))
        return EXIT_FAILED if self._failures or self._host.errors else EXIT_DONE
