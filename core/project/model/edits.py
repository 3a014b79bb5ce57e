"""Edits of a project as pure functions: each gives the project as it is afterwards."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from core.project.model.project import Scene, SceneTakes, VideoProject, new_id
from core.video.control_row import Control

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from core.project.model.project import ReferenceImage, Take

    References = tuple[ReferenceImage, ...]

_SHORTEST_HALF_S = 1.0
_FEWEST_WORDS = 3
# Not after short titles such as "Dr." nor before a small letter, where a point shortens a word.
_SENTENCE_END = re.compile(
    r"\n+"
    r"|;\s+"
    r"|(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)[.!?…]+[\"'”’»)\]]*\s+(?![a-zß-öø-ÿ])"
    r"|[\u3002\uff01\uff1f]+[」』”’]*"
)
_CLAUSE_END = re.compile(r"[,:،؛][\"'”’»)\]]*\s+|\s[–—-]+\s+|—")


def change_scenes(
    project: VideoProject, ids: Collection[str], change: Callable[[Scene], Scene]
) -> VideoProject:
    """The project with these scenes changed, all in the same way."""
    scenes = (change(scene) if scene.id in ids else scene for scene in project.scenes)
    return _with_order(project, tuple(scenes))


def insert_scenes(project: VideoProject, index: int, scenes: Sequence[Scene]) -> VideoProject:
    """The project with new scenes before the one at `index`."""
    before, after = project.scenes[:index], project.scenes[index:]
    return _with_order(project, (*before, *scenes, *after))


def delete_scenes(project: VideoProject, ids: Collection[str]) -> VideoProject:
    """The project without these scenes; their takes stay on disk and in the project's list."""
    return _with_order(project, tuple(s for s in project.scenes if s.id not in ids))


def move_scenes(project: VideoProject, ids: Collection[str], index: int) -> VideoProject:
    """The project with these scenes, in their order, before the one that is now at `index`."""
    before = tuple(s for s in project.scenes[:index] if s.id not in ids)
    after = tuple(s for s in project.scenes[index:] if s.id not in ids)
    return _with_order(project, (*before, *(s for s in project.scenes if s.id in ids), *after))


def duplicate_scenes(project: VideoProject, ids: Collection[str]) -> VideoProject:
    """The project with a copy after each of these scenes; takes belong to both."""
    scenes: list[Scene] = []
    takes = dict(project.takes)
    for scene in project.scenes:
        scenes.append(scene)
        if scene.id in ids:
            copy = scene.model_copy(update={"id": new_id("scene")})
            scenes.append(copy)
            if scene.id in takes:
                takes[copy.id] = takes[scene.id]
    return _with_order(project.model_copy(update={"takes": takes}), tuple(scenes))


def sentence_break(prompt: str) -> int | None:
    """Where a sentence or a clause ends nearest to the middle of a prompt; None for nowhere.

    The end of a sentence counts wherever it is, and so does a semicolon. A comma counts only
    between parts of several words, since "a red, round ball" is one thing.
    """
    middle = len(prompt) / 2
    ends = [mark.end() for mark in _SENTENCE_END.finditer(prompt)]
    ends = [at for at in ends if prompt[:at].strip() and prompt[at:].strip()]
    if ends:
        return min(ends, key=lambda at: abs(at - middle))
    marks = [0, *(mark.end() for mark in _CLAUSE_END.finditer(prompt)), len(prompt)]
    lengths = [len(prompt[start:end].split()) for start, end in pairwise(marks)]
    clauses = [
        at
        for at, before, after in zip(marks[1:-1], lengths, lengths[1:], strict=False)
        if min(before, after) >= _FEWEST_WORDS
    ]
    return min(clauses, key=lambda at: abs(at - middle), default=None)


def between_words(prompt: str, at: int) -> int:
    """The gap between two words that is nearest to a place in a prompt; its end where none is."""
    gaps = [gap for gap, letter in enumerate(prompt) if letter.isspace()]
    return min(gaps, key=lambda gap: abs(gap - at), default=len(prompt))


def split_scene(project: VideoProject, scene_id: str, at: int | None) -> VideoProject:
    """The project with a scene in two, its prompt divided at a character; None: both have it all.

    The first half keeps the takes and where they are cut; the second goes on from its last frame
    and ends on the end frame. A length of the scene's own is shared between them as the prompt is.
    """
    index = project.index(scene_id)
    scene = project.scenes[index]
    words = scene.prompt
    halves = (words, words) if at is None else (words[:at].rstrip(), words[at:].lstrip())
    first = with_prompt(scene, halves[0]).model_copy(update={"end_image": None})
    second = with_prompt(scene, halves[1]).model_copy(
        update={
            "id": new_id("scene"),
            "title": "",
            "text": "",
            "start_image": None,
            "continues": True,
            "cut": scene.cut.model_copy(update={"start_s": 0.0, "end_s": None, "transition": None}),
        }
    )
    whole_s = own_duration_s(scene)
    if whole_s is not None and whole_s >= 2 * _SHORTEST_HALF_S and words:
        share = 0.5 if at is None else at / len(words)
        share_s = round(whole_s * share, 1)
        first_s = min(max(share_s, _SHORTEST_HALF_S), whole_s - _SHORTEST_HALF_S)
        first = with_duration(first, first_s)
        second = with_duration(second, round(whole_s - first_s, 3))
    before, after = project.scenes[:index], project.scenes[index + 1 :]
    return _with_order(project, (*before, first, second, *after))


def merge_scenes(project: VideoProject, ids: Collection[str]) -> VideoProject:
    """The project with these scenes as one in the place of the first.

    Words are joined, lengths of their own added up, and all takes kept; it begins as the first
    of them and ends as the last.
    """
    parts = [scene for scene in project.scenes if scene.id in ids]
    if len(parts) < 2:
        return project
    first = parts[0]
    references = {item.path: item for scene in parts for item in scene.references}
    words = " ".join(scene.prompt for scene in parts if scene.prompt)
    whole = with_prompt(first, words).model_copy(
        update={
            "title": next((scene.title for scene in parts if scene.title), ""),
            "text": "\n".join(scene.text for scene in parts if scene.text),
            "end_image": parts[-1].end_image,
            "references": tuple(references.values()),
        }
    )
    lengths = [own_duration_s(scene) for scene in parts]
    known = [length for length in lengths if length is not None]
    if len(known) == len(parts):
        whole = with_duration(whole, round(sum(known), 3))
    gone = {scene.id for scene in parts[1:]}
    scenes = tuple(
        whole if scene.id == first.id else scene for scene in project.scenes if scene.id not in gone
    )
    takes = _joined_takes([project.takes_of(scene.id) for scene in parts])
    if takes != project.takes_of(first.id):
        project = project.with_takes(first.id, takes)
    return _with_order(project, scenes)


def own_duration_s(scene: Scene) -> float | None:
    """The length that a scene asks for itself."""
    return scene.own.frame.duration_s if Control.DURATION in scene.own_fields else None


def _joined_takes(parts: Sequence[SceneTakes]) -> SceneTakes:
    # A duplicated scene shares its takes with the original: each is kept once.
    takes: dict[str, Take] = {take.id: take for part in parts for take in part.takes}
    chosen = next((part.chosen for part in parts if part.chosen is not None), None)
    return SceneTakes(takes=tuple(takes.values()), chosen=chosen)


def _with_order(project: VideoProject, scenes: tuple[Scene, ...]) -> VideoProject:
    """The project with these scenes; the first of them has none before it to go on from."""
    if scenes and scenes[0].continues:
        scenes = (scenes[0].model_copy(update={"continues": False}), *scenes[1:])
    return project.model_copy(update={"scenes": scenes})


class FrameSlot(StrEnum):
    """The two pictures between which a scene's clip may be made."""

    START = "start"
    END = "end"

    @property
    def label(self) -> str:
        """As shown: "start frame"."""
        return f"{self.value} frame"


def with_frame(scene: Scene, slot: FrameSlot, path: Path | None) -> Scene:
    """The scene with a picture in a slot; with a start frame it no longer goes on from another."""
    if slot is FrameSlot.END:
        return scene.model_copy(update={"end_image": path})
    continues = scene.continues and path is None
    return scene.model_copy(update={"start_image": path, "continues": continues})


def with_made_frame(project: VideoProject, scene_id: str, image: Path) -> VideoProject:
    """The project that knows an image as one that a scene may start from, and what it has now."""
    scene = project.scene(scene_id)
    now = () if scene is None or scene.start_image is None else (scene.start_image,)
    known = (*project.start_frames.get(scene_id, ()), *now, image)
    frames = {**project.start_frames, scene_id: tuple(dict.fromkeys(known))}
    return project.model_copy(update={"start_frames": frames})


def with_start_frame(project: VideoProject, scene_id: str, image: Path) -> VideoProject:
    """The project in which a scene starts from an image that was made for it.

    What it started from before stays known; one that goes on from another scene still does.
    """
    project = with_made_frame(project, scene_id, image)
    scene = project.scene(scene_id)
    if scene is None or scene.continues:
        return project
    return project.with_scene(with_frame(scene, FrameSlot.START, image))


def with_continues(scene: Scene, continues: bool) -> Scene:
    """The scene going on from the one before it, or not; its start frame is kept."""
    return scene.model_copy(update={"continues": continues})


def with_duration(scene: Scene, seconds: float | None) -> Scene:
    """The scene with a length of its own, not chosen by the model; None for the project's."""
    if seconds is None:
        return scene.without_own(Control.DURATION)
    return scene.without_own(Control.AUTO_DURATION).with_own(Control.DURATION, seconds)


def with_cut(scene: Scene, name: str, value: object) -> Scene:
    """The scene with one field of its cut changed."""
    return scene.model_copy(update={"cut": scene.cut.model_copy(update={name: value})})


def with_prompt(scene: Scene, prompt: str) -> Scene:
    """The scene with another prompt; what an enhancer made of the old one goes with it."""
    enhanced = scene.enhanced_prompt if prompt == scene.prompt else ""
    return scene.model_copy(update={"prompt": prompt, "enhanced_prompt": enhanced})


def with_enhanced_words(scene: Scene, words: str) -> Scene:
    """The scene with words that are read in place of its prompt; empty for none."""
    return scene.model_copy(update={"enhanced_prompt": words})


def append_to_prompt(scene: Scene, words: str) -> Scene:
    """The scene with words after its prompt, a space between them."""
    joined = f"{scene.prompt.rstrip()} {words.strip()}".strip()
    return with_prompt(scene, joined) if words.strip() else scene


def replace_in_prompt(scene: Scene, find: str, replacement: str, *, matches_case: bool) -> Scene:
    """The scene with every occurrence of a text in its prompt replaced."""
    if not find:
        return scene
    flags = re.NOFLAG if matches_case else re.IGNORECASE
    return with_prompt(
        scene, re.sub(re.escape(find), lambda _: replacement, scene.prompt, flags=flags)
    )


def count_in_prompt(scene: Scene, find: str, *, matches_case: bool) -> int:
    """How often a text occurs in a scene's prompt."""
    flags = re.NOFLAG if matches_case else re.IGNORECASE
    return len(re.findall(re.escape(find), scene.prompt, flags)) if find else 0


def move_references(references: References, rows: Collection[int], where: int) -> References:
    """The list with these, in their order, before the one that is now at `where`."""
    before = tuple(item for row, item in enumerate(references[:where]) if row not in rows)
    moved = tuple(item for row, item in enumerate(references) if row in rows)
    after = tuple(
        item for row, item in enumerate(references[where:], start=where) if row not in rows
    )
    return (*before, *moved, *after)


def remove_references(references: References, rows: Collection[int]) -> References:
    """The list without these."""
    return tuple(item for row, item in enumerate(references) if row not in rows)


def rename_reference(references: References, row: int, name: str) -> References:
    """The list with another name for one of them."""
    renamed = references[row].model_copy(update={"name": name})
    return (*references[:row], renamed, *references[row + 1 :])


def describe_edit(before: References, after: References) -> str:
    """What was done to the list, for the menu: "Remove 2 references"."""
    fewer = len(before) - len(after)
    if fewer > 0:
        return "Remove reference" if fewer == 1 else f"Remove {fewer} references"
    if fewer < 0:
        return "Add reference" if fewer == -1 else f"Add {-fewer} references"
    paths = [item.path for item in before]
    is_order = paths != [item.path for item in after]
    return "Move reference" if is_order else "Rename reference"


Takes = dict[str, SceneTakes]


@dataclass(frozen=True)
class TakesEdit:
    """For each scene whose takes an edit changed, what they were and what they became."""

    before: Mapping[str, SceneTakes]
    after: Mapping[str, SceneTakes]

    @classmethod
    def between(
        cls, before: Mapping[str, SceneTakes], after: Mapping[str, SceneTakes]
    ) -> TakesEdit:
        """The difference of two states."""
        if before is after:
            return cls({}, {})
        changed = [
            scene_id
            for scene_id in {**before, **after}
            if before.get(scene_id) != after.get(scene_id)
        ]
        return cls(
            {scene_id: before[scene_id] for scene_id in changed if scene_id in before},
            {scene_id: after[scene_id] for scene_id in changed if scene_id in after},
        )

    @property
    def is_empty(self) -> bool:
        """Whether the edit leaves all takes alone."""
        return not self.before and not self.after

    def done(self, now: Mapping[str, SceneTakes]) -> Takes:
        """The takes there are now, with the edit done."""
        return _moved(now, self.before, self.after)

    def undone(self, now: Mapping[str, SceneTakes]) -> Takes:
        """The takes there are now, with the edit undone."""
        return _moved(now, self.after, self.before)


def _moved(
    now: Mapping[str, SceneTakes],
    origin: Mapping[str, SceneTakes],
    goal: Mapping[str, SceneTakes],
) -> Takes:
    takes = dict(now)
    for scene_id in {**origin, **goal}:
        current = now.get(scene_id, SceneTakes())
        known = {take.id for take in origin.get(scene_id, SceneTakes()).takes}
        wanted = goal.get(scene_id)
        base = wanted or SceneTakes()
        there = {take.id for take in base.takes}
        new = tuple(t for t in current.takes if t.id not in known and t.id not in there)
        if new:
            is_new = current.chosen in {take.id for take in new}
            chosen, is_pinned = (
                (current.chosen, current.is_pinned) if is_new else (base.chosen, base.is_pinned)
            )
            takes[scene_id] = SceneTakes(
                takes=(*base.takes, *new), chosen=chosen, is_pinned=is_pinned
            )
        elif wanted is not None:
            takes[scene_id] = wanted
        else:
            takes.pop(scene_id, None)
    return takes
