"""Single values of scenes as fields show and change them, for one scene or for many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.film.model.film import Transition
from core.film.model.transitions import NONE
from core.project.model.edits import own_duration_s, with_cut, with_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.project.model.project import Scene, SceneCut, Take


@dataclass(frozen=True)
class SceneValue:
    """One value of a scene.

    Attributes:
        name: as in "Change volume of scene 3".
        counts: whether a scene has the value at all; writing it leaves other scenes as they are.
    """

    name: str
    read: Callable[[Scene], object]
    write: Callable[[Scene, object], Scene]
    counts: Callable[[Scene], bool] = lambda _: True


@dataclass(frozen=True)
class ClipUse:
    """What the film shows of a clip, in a sentence; or why it cannot show that."""

    text: str
    is_possible: bool = True


def values_of(value: SceneValue, scenes: Sequence[Scene]) -> list[object]:
    """The different values among the scenes, the first scene's first; at least one."""
    counting = [scene for scene in scenes if value.counts(scene)] or scenes[:1]
    return list(dict.fromkeys(value.read(scene) for scene in counting))


def has_own_transition(scene: Scene) -> bool:
    """Whether the scene comes in by a transition of its own that takes time."""
    return scene.cut.transition is not None and scene.cut.transition.kind != NONE


def film_length_s(cut: SceneCut, take: Take, still_s: float) -> float | None:
    """How long the film shows a clip that is cut like this; None where it is not known.

    Args:
        cut: of its scene.
        take: the clip.
        still_s: how long the film holds a picture whose cut does not say it.
    """
    if take.is_still:
        return cut.still_s or still_s
    end_s = take.duration_s if cut.end_s is None else min(cut.end_s, take.duration_s)
    return (end_s - cut.start_s) / cut.speed if end_s > cut.start_s else None


def describe_use(cut: SceneCut, take: Take | None) -> ClipUse:
    """What the film shows of a clip that is cut like this; empty where it is not known."""
    if take is not None and take.is_still:
        return ClipUse("A still: the picture is held, and nothing moves.")
    whole_s = take.duration_s if take is not None else 0.0
    end_s = whole_s if cut.end_s is None else cut.end_s
    if cut.end_s is not None and cut.start_s >= cut.end_s:
        return ClipUse("The end must come after the start.", is_possible=False)
    if take is None or not whole_s:
        return ClipUse("")
    # A frame's worth too much is rounding of whoever measured it.
    if cut.start_s >= whole_s or end_s > whole_s + 1 / take.fps:
        return ClipUse(f"The clip ends at {whole_s:.2f} s already.", is_possible=False)
    seen_s = (min(end_s, whole_s) - cut.start_s) / cut.speed
    return ClipUse(f"The clip is {whole_s:.2f} s long; {seen_s:.2f} s of film are made of it.")


def _cut_value(name: str, field: str) -> SceneValue:
    return SceneValue(
        name,
        lambda scene: getattr(scene.cut, field),
        lambda scene, value: with_cut(scene, field, value),
    )


def _with_duration(scene: Scene, seconds: object) -> Scene:
    return with_duration(scene, float(seconds) if isinstance(seconds, (int, float)) else None)


def _transition_kind(scene: Scene) -> object:
    return None if scene.cut.transition is None else scene.cut.transition.kind


def _with_transition_kind(scene: Scene, kind: object) -> Scene:
    own = None
    if kind is not None:
        own = (scene.cut.transition or Transition()).model_copy(update={"kind": kind})
    return with_cut(scene, "transition", own)


def _overlap_s(scene: Scene) -> object:
    return (scene.cut.transition or Transition()).duration_s


def _with_overlap(scene: Scene, seconds: object) -> Scene:
    if scene.cut.transition is None or not has_own_transition(scene):
        return scene
    own = scene.cut.transition.model_copy(update={"duration_s": seconds})
    return with_cut(scene, "transition", own)


CUT_VALUES = {
    "duration": SceneValue("length", own_duration_s, _with_duration),
    "start": _cut_value("start", "start_s"),
    "end": _cut_value("end", "end_s"),
    "speed": _cut_value("speed", "speed"),
    "volume": _cut_value("volume", "volume_db"),
    "mute": _cut_value("mute", "is_muted"),
    "transition": SceneValue("transition", _transition_kind, _with_transition_kind),
    "overlap": SceneValue(
        "length of the transition", _overlap_s, _with_overlap, has_own_transition
    ),
    "fit": _cut_value("shape", "fit"),
    "still": _cut_value("length of the still", "still_s"),
    "video_track": _cut_value("picture track", "video_track"),
    "audio_track": _cut_value("sound track", "audio_track"),
}  # fmt: skip
