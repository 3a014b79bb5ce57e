"""How far each scene is: what the table shows, from the project and the jobs there are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.project.model.project import Scene, Take, VideoProject


class SceneJobState(StrEnum):
    """Where a job for a scene stands."""

    QUEUED = "queued"
    RUNNING = "running"
    FAILED = "failed"

    @property
    def is_under_way(self) -> bool:
        """Whether it may still give a clip."""
        return self is not SceneJobState.FAILED


@dataclass(frozen=True)
class SceneJob:
    """The newest job for a scene, unless it is over and gave its clip.

    Attributes:
        fraction: how far it is, 0 to 1; None where it is not known.
        reason: why it failed.
    """

    scene_id: str
    state: SceneJobState
    fraction: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class NoPrompt:
    """Nothing says what the scene shows."""

    label = "No prompt"
    explanation = "The scene has no prompt. Write one to render it."


@dataclass(frozen=True)
class Missing:
    """It can be rendered and has no clip yet."""

    label = "No clip yet"
    explanation = "The scene has not been rendered yet."


@dataclass(frozen=True)
class WaitingFor:
    """It is rendered once the scene of that number, from 1, has its clip."""

    number: int

    @property
    def label(self) -> str:
        """The status in a word or two."""
        return f"Waits for {self.number}"

    @property
    def explanation(self) -> str:
        """The status as a sentence that says what to do about it."""
        return f"It goes on from scene {self.number} and is rendered once that has its clip."


@dataclass(frozen=True)
class InQueue:
    """A job for it waits."""

    label = "In the queue"
    explanation = "It is in the queue of jobs."


@dataclass(frozen=True)
class Rendering:
    """A job for it runs; `fraction` is None where it is not known."""

    fraction: float | None = None
    explanation = "It is being rendered."

    @property
    def label(self) -> str:
        """The status in a word or two."""
        return "Rendering" if self.fraction is None else f"Rendering {self.fraction:.0%}"


@dataclass(frozen=True)
class Done:
    """Its clip is what it asks for."""

    label = "Done"
    explanation = "The clip was made from what the scene says now."


@dataclass(frozen=True)
class OwnFootage:
    """Its clip was brought in from outside."""

    label = "Own clip"
    explanation = "The film uses a clip of your own here. It is rendered only if you ask for it."


@dataclass(frozen=True)
class Stale:
    """It has a clip, made from something else than it asks for now."""

    label = "Out of date"
    explanation = "The scene was changed after its clip was made. Render it again to bring it in."


@dataclass(frozen=True)
class LastRenderFailed:
    """The last job for it failed."""

    explanation: str
    label = "Failed"


SceneStatus = (
    NoPrompt
    | Missing
    | WaitingFor
    | InQueue
    | Rendering
    | Done
    | OwnFootage
    | Stale
    | LastRenderFailed
)
"""Each with its `label`, a word or two, and an `explanation` that says what to do about it."""


def is_stale(take: Take, fingerprint: str) -> bool:
    """Whether a clip was made from something else than its scene asks for now.

    Nobody can tell of an imported clip, which has no fingerprint, nor of a scene that cannot be
    rendered, which has none now: both count as done.
    """
    return bool(fingerprint and take.fingerprint and fingerprint != take.fingerprint)


def project_statuses(
    project: VideoProject, fingerprints: Mapping[str, str], jobs: Mapping[str, SceneJob]
) -> tuple[SceneStatus, ...]:
    """How far each scene is, in their order.

    Args:
        project: with the takes and the waiting scenes.
        fingerprints: by scene id, of the request that the scene stands for now; a scene that is
            not in it cannot be told to be stale.
        jobs: by scene id.
    """
    waiting = frozenset(project.to_render)
    return tuple(
        _status(
            project,
            scene,
            fingerprints.get(scene.id, ""),
            jobs.get(scene.id),
            waits_for=number if scene.id in waiting else 0,
        )
        for number, scene in enumerate(project.scenes)
    )


def _status(
    project: VideoProject,
    scene: Scene,
    fingerprint: str,
    job: SceneJob | None,
    *,
    waits_for: int,
) -> SceneStatus:
    if job is not None and job.state is SceneJobState.RUNNING:
        return Rendering(job.fraction)
    if job is not None and job.state is SceneJobState.QUEUED:
        return InQueue()
    if waits_for:
        return WaitingFor(waits_for)
    if job is not None:
        return LastRenderFailed(job.reason)
    take = project.chosen_take(scene.id)
    if take is not None and take.is_footage:
        return OwnFootage()
    if take is not None:
        return Stale() if is_stale(take, fingerprint) else Done()
    return Missing() if scene.prompt.strip() else NoPrompt()
