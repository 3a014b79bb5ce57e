"""From a storyboard to a project's scenes, new or in the place of those that are there."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.project.model.edits import own_duration_s, with_duration, with_prompt
from core.project.model.project import Scene, VideoProject, new_id
from core.project.storyboard.formats import plain_words, read_marks
from core.project.storyboard.markup import (
    Camera,
    CutInto,
    Length,
    Mood,
    SceneHeading,
    Seed,
    Style,
    Title,
)
from core.project.storyboard.storyboard import Looks
from core.video.control_row import Control
from core.video.request import RenderChoices

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.project.model.project import TextFormat
    from core.project.storyboard.markup import Meaning
    from core.project.storyboard.storyboard import SceneDraft, Storyboard


@dataclass(frozen=True)
class LengthChange:
    """A scene that stays with another length; None stands for the project's.

    Attributes:
        number: of the scene as it is afterwards, from 1.
    """

    number: int
    scene_id: str
    before_s: float | None
    after_s: float | None


@dataclass(frozen=True)
class Renewal:
    """What becomes of a project's scenes when a storyboard is applied.

    Attributes:
        scenes: all scenes as they are afterwards.
        kept: ids of scenes whose words are in the storyboard; takes and edits stay theirs.
        made: ids of new scenes.
        own: ids of scenes that were added by hand, which stay where they are.
        gone: ids of scenes whose words are in the storyboard no longer.
        length_changes: of the kept ones, those whose length becomes another.
        unshared: ids of kept scenes that would have another length if the target were shared anew.
    """

    scenes: tuple[Scene, ...]
    kept: tuple[str, ...]
    made: tuple[str, ...]
    own: tuple[str, ...]
    gone: tuple[str, ...]
    length_changes: tuple[LengthChange, ...] = ()
    unshared: tuple[str, ...] = ()


def renew(
    project: VideoProject, storyboard: Storyboard, *, shares_anew: bool = False
) -> VideoProject:
    """The project with the storyboard's text, target length and scenes.

    Scenes whose words did not change keep id, prompt edits, pictures, length, cut and takes; takes
    of the others stay in the project, so that undo brings them back. A kept scene gets another
    length only where its tag or times changed, or with `shares_anew` its share of the target.
    """
    return project.model_copy(
        update={
            "storyboard": storyboard.text,
            "target_length_s": storyboard.target_length_s,
            "scenes": renew_scenes(project.scenes, storyboard, shares_anew=shares_anew).scenes,
        }
    )


def renew_scenes(
    scenes: Sequence[Scene], storyboard: Storyboard, *, shares_anew: bool = False
) -> Renewal:
    """Match scenes with drafts by their words, in order; each is used once.

    Args:
        scenes: those that are there.
        storyboard: the scenes that are wanted.
        shares_anew: give kept scenes too their share of the target length.
    """
    by_words: dict[str, deque[Scene]] = defaultdict(deque)
    for scene in scenes:
        if scene.text.strip():
            by_words[plain_words(scene.text, storyboard.text_format)].append(scene)
    before = _Before.of(scenes, storyboard.text_format)
    result: list[Scene] = []
    kept: list[str] = []
    made: list[str] = []
    lengths: dict[str, float | None] = {}
    unshared: list[str] = []
    has_target = storyboard.target_length_s is not None
    for draft in storyboard.drafts:
        matching = by_words.get(plain_words(draft.text, storyboard.text_format))
        if matching:
            scene = matching.popleft()
            kept.append(scene.id)
            lengths[scene.id] = own_duration_s(scene)
            share_s = draft.duration_s if has_target else None
            renewed = _with_length(_renewed(scene, draft, before), scene, draft, share_s, before)
            if has_target and not draft.is_asked and own_duration_s(renewed) != draft.duration_s:
                unshared.append(scene.id)
                renewed = with_duration(renewed, draft.duration_s) if shares_anew else renewed
            result.append(renewed)
        else:
            scene = _new_scene(draft, draft.duration_s if has_target else None)
            made.append(scene.id)
            result.append(scene)
    own = _added_by_hand(scenes)
    result = _put_back(result, scenes, own)
    if result and result[0].continues:
        result[0] = result[0].model_copy(update={"continues": False})
    stays = {*kept, *(scene.id for scene in own)}
    return Renewal(
        scenes=tuple(result),
        kept=tuple(kept),
        made=tuple(made),
        own=tuple(scene.id for scene in own),
        gone=tuple(scene.id for scene in scenes if scene.id not in stays),
        length_changes=tuple(
            LengthChange(number, scene.id, lengths[scene.id], own_duration_s(scene))
            for number, scene in enumerate(result, start=1)
            if scene.id in lengths and lengths[scene.id] != own_duration_s(scene)
        ),
        unshared=tuple(unshared),
    )


def _new_scene(draft: SceneDraft, share_s: float | None) -> Scene:
    """A draft as a scene; without a share of a target it is as long as the project says."""
    asked_s = draft.duration_s if draft.is_asked else None
    own = {
        Control.DURATION: share_s if asked_s is None else asked_s,
        Control.CAMERA_MOTION: draft.camera,
        Control.SEED: draft.seed,
    }
    scene = Scene(
        id=new_id("scene"),
        title=draft.title,
        text=draft.text,
        prompt=draft.prompt,
        storyboard_s=asked_s,
    )
    for control, value in own.items():
        if value is not None:
            scene = scene.with_own(control, value)
    return scene if draft.transition is None else _with_cut(scene, draft)


def _with_cut(scene: Scene, draft: SceneDraft) -> Scene:
    cut = scene.cut.model_copy(update={"transition": draft.transition})
    return scene.model_copy(update={"cut": cut})


@dataclass(frozen=True)
class _Before:
    """The looks that the scenes' texts name, from any of which a prompt may have been made."""

    places: tuple[str, ...]
    styles: tuple[str, ...]
    text_format: TextFormat

    @classmethod
    def of(cls, scenes: Iterable[Scene], text_format: TextFormat) -> _Before:
        meanings = [meaning for scene in scenes for meaning in _meanings(scene, text_format)]
        places = [m.heading for m in meanings if isinstance(m, SceneHeading)]
        styles = [m.text for m in meanings if isinstance(m, Style)]
        return cls(
            tuple(dict.fromkeys(["", *places])), tuple(dict.fromkeys(["", *styles])), text_format
        )

    def is_as_made(self, scene: Scene) -> bool:
        """Whether the prompt is still the one that was made from the storyboard."""
        words = plain_words(scene.text, self.text_format)
        start = scene.prompt.find(words)
        head, tail = scene.prompt[: max(start, 0)], scene.prompt[start + len(words) :]
        if start < 0 or head not in ("", *(f"{place}. " for place in self.places)):
            return False
        moods = ["", *(m.text for m in self.meanings(scene) if isinstance(m, Mood))]
        return any(
            tail == Looks(style=style, mood=mood).tail(words)
            for style in self.styles
            for mood in moods
        )

    def meanings(self, scene: Scene) -> tuple[Meaning, ...]:
        """What the marks in a scene's text mean."""
        return _meanings(scene, self.text_format)


def _meanings(scene: Scene, text_format: TextFormat) -> tuple[Meaning, ...]:
    return tuple(mark.meaning for mark in read_marks(scene.text, text_format).marks)


def _renewed(scene: Scene, draft: SceneDraft, before: _Before) -> Scene:
    """The scene with what the storyboard now says; what a person changed otherwise stays."""
    stated = {type(meaning) for meaning in before.meanings(scene)}
    update: dict[str, object] = {"text": draft.text}
    if draft.title or Title in stated:
        update["title"] = draft.title
    renewed = scene.model_copy(update=update)
    if draft.is_written or before.is_as_made(scene):
        renewed = with_prompt(renewed, draft.prompt)
    if draft.transition is not None or CutInto in stated:
        renewed = _with_cut(renewed, draft)
    for control, kind, value in (
        (Control.CAMERA_MOTION, Camera, draft.camera),
        (Control.SEED, Seed, draft.seed),
    ):
        if value is not None:
            renewed = renewed.with_own(control, value)
        elif kind in stated:
            renewed = renewed.without_own(control)
    return renewed


def _with_length(
    renewed: Scene, scene: Scene, draft: SceneDraft, share_s: float | None, before: _Before
) -> Scene:
    """The scene with the length that the storyboard gives it, where it gave another before."""
    tags = [round(m.seconds, 2) for m in before.meanings(scene) if isinstance(m, Length)]
    before_s = next(iter(tags), None) if scene.storyboard_s is None else scene.storyboard_s
    asked_s = draft.duration_s if draft.is_asked else None
    renewed = renewed.model_copy(update={"storyboard_s": asked_s})
    if asked_s == before_s:
        return renewed
    if asked_s is not None:
        return with_duration(renewed, asked_s)
    # A length that a person chose after the tag was read is theirs, and stays without it.
    return with_duration(renewed, share_s) if own_duration_s(scene) == before_s else renewed


def _added_by_hand(scenes: Sequence[Scene]) -> tuple[Scene, ...]:
    """Scenes that came from no storyboard and are not empty."""
    return tuple(
        scene
        for scene in scenes
        if not scene.text.strip()
        and (
            scene.prompt.strip()
            or scene.title
            or scene.start_image
            or scene.end_image
            or scene.references
            or scene.own != RenderChoices()
        )
    )


def _put_back(result: list[Scene], scenes: Sequence[Scene], own: Sequence[Scene]) -> list[Scene]:
    """The result with scenes added by hand after the scene that they followed."""
    if not own:
        return result
    by_hand = {scene.id for scene in own}
    stays = {scene.id for scene in result}
    after: dict[str, list[Scene]] = defaultdict(list)
    anchor = ""
    for scene in scenes:
        if scene.id in by_hand:
            after[anchor].append(scene)
        elif scene.id in stays:
            anchor = scene.id
    return [
        *after[""],
        *(item for scene in result for item in (scene, *after.get(scene.id, ()))),
    ]
