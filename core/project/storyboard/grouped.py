"""A storyboard whose scenes somebody chooses line by line, such as a language model.

The lines are numbered, and each belongs to exactly one scene, in their order: so the text is kept
to the letter, with its tags and times, whoever divides it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from core.errors import first_of
from core.project.storyboard.blocks import Atom, Passage, find_passages
from core.project.storyboard.formats import read_marks, recognise
from core.project.storyboard.markup import SceneHeading, Section, words_of
from core.project.storyboard.storyboard import Looks, Storyboard, board_of
from core.project.storyboard.times import ClipLengths, TimedPart, schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.project.model.project import TextFormat
    from core.project.storyboard.markup import Marks
    from core.project.storyboard.storyboard import SceneDraft

_SHOWN = 6
# A length in seconds is given to `schedule` as words; a scene is never divided there.
_WEIGHT_PER_S = 4
_MOST_WEIGHT = 120
_FEW_MISSING = 4
"""One line in so many may be missing from what was chosen, and is then put beside its neighbour."""


class LinesMistaken(ValueError):
    """The lines of scenes make no order of the text; says why, in a sentence."""


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A line of a verse, a sentence or a cue: what is never divided.

    Attributes:
        words: without tags and headings.
        heading: above it, where one stands there.
        begins_scene: the scene before it ends here, whoever divides the text.
        begins_passage: a paragraph, verse or item begins here.
    """

    words: str
    passage: Passage
    heading: str = ""
    begins_scene: bool = False
    begins_passage: bool = False


@dataclass(frozen=True)
class NumberedText:
    """A text in lines, which are counted from 1."""

    text: str
    text_format: TextFormat
    read: Marks
    lines: tuple[NumberedLine, ...]


@dataclass(frozen=True)
class ChosenScene:
    """What was chosen for a scene.

    Attributes:
        lines: the numbers of its lines.
        camera: a move that models share; None for none.
        duration_s: how long it should be; None for what usual clips last.
    """

    lines: tuple[int, ...]
    prompt: str
    camera: str | None = None
    duration_s: float | None = None
    characters: tuple[str, ...] = ()


@dataclass(frozen=True)
class FittedScenes:
    """Scenes that have every line once and in order, and what was mended so that they do."""

    scenes: tuple[ChosenScene, ...]
    notes: tuple[str, ...]


def number_lines(text: str, text_format: TextFormat | None = None) -> NumberedText:
    """The lines of a text that have words."""
    chosen = recognise(text) if text_format is None else text_format
    read = read_marks(text, chosen)
    places = [mark.start for mark in read.marks]
    lines: list[NumberedLine] = []
    end: int | None = None
    was_alone = False
    for passage in find_passages(text, read.marks):
        is_alone = passage.length_s is not None
        # A whole that is asked for in a length or as a cue stays whole.
        atoms = [passage.atoms] if is_alone or passage.is_whole else [(a,) for a in passage.atoms]
        for place, own in enumerate(atoms):
            start, stop = own[0].start, own[-1].end
            inside = read.marks[bisect_left(places, start) : bisect_left(places, stop)]
            meanings = [mark.meaning for mark in inside]
            headings = [m.heading for m in meanings if isinstance(m, SceneHeading)]
            titles = [m.title for m in meanings if isinstance(m, Section) and m.title]
            has_heading = any(isinstance(m, SceneHeading | Section) for m in meanings)
            # A time after words that have none would be lost within their scene.
            is_late = passage.at is not None and bool(lines) and lines[-1].passage.at is None
            part = replace(passage, atoms=tuple(own), at=passage.at if place == 0 else None)
            lines.append(
                NumberedLine(
                    words_of(text, inside, start, stop),
                    part,
                    heading=next(iter([*headings, *titles]), ""),
                    begins_scene=place == 0
                    and bool(lines)
                    and (is_alone or was_alone or has_heading or is_late or start != end),
                    begins_passage=place == 0,
                )
            )
            end = stop
        was_alone = is_alone
    return NumberedText(text, chosen, read, tuple(lines))


def fit_scenes(
    chosen: Sequence[ChosenScene], numbers: range, lines: Sequence[NumberedLine]
) -> FittedScenes:
    """Hold scenes against the lines that they were to be made of.

    What can be mended in one way only is, and told: a number that is none, a line that is named
    twice or not at all, a scene that goes on past a place where a scene has to begin.

    Args:
        chosen: the scenes, in any order.
        numbers: of the lines, from 1.
        lines: every line of the text.

    Raises:
        LinesMistaken: too many lines are missing, or scenes overlap.
    """
    notes: list[str] = []
    counted = Counter(number for scene in chosen for number in scene.lines)
    unknown = sorted(number for number in counted if number not in numbers)
    if unknown:
        notes.append(f"There is no line {_listed(unknown)}, so that does not count.")
    twice = sorted(number for number, count in counted.items() if count > 1 and number in numbers)
    if twice:
        notes.append(f"Line {_listed(twice)} was named twice; it stays where it came first.")
    taken: set[int] = set()
    scenes: list[ChosenScene] = []
    for scene in chosen:
        own = sorted({number for number in scene.lines if number in numbers} - taken)
        taken.update(own)
        if own:
            scenes.append(replace(scene, lines=tuple(own)))
        elif scene.prompt.strip():
            notes.append(f"A scene without a line of its own is left out: {scene.prompt[:60]!r}.")
    missing = [number for number in numbers if number not in taken]
    if not scenes or len(missing) * _FEW_MISSING > len(numbers):
        raise LinesMistaken(f"of {len(numbers)} lines it lacks {_listed(missing)}.")
    scenes.sort(key=lambda scene: scene.lines[0])
    for before, after in pairwise(scenes):
        if before.lines[-1] > after.lines[0]:
            raise LinesMistaken(
                f"line {after.lines[0]} stands within the scene of the lines {before.lines[0]} to "
                f"{before.lines[-1]}: a scene has lines that follow each other."
            )
    if missing:
        notes.append(f"Line {_listed(missing)} was left out; it is put with the line before it.")
    starts = [numbers.start, *(scene.lines[0] for scene in scenes[1:]), numbers.stop]
    fitted: list[ChosenScene] = []
    for scene, (start, stop) in zip(scenes, pairwise(starts), strict=True):
        cuts = [at for at in range(start + 1, stop) if lines[at - 1].begins_scene]
        if cuts:
            notes.append(
                f"A scene has to begin at line {_listed(cuts)}, so what was one scene is "
                f"{len(cuts) + 1}, with the same prompt."
            )
        share_s = None if scene.duration_s is None else scene.duration_s / (len(cuts) + 1)
        fitted += [
            replace(scene, lines=tuple(range(first, last)), duration_s=share_s)
            for first, last in pairwise([start, *cuts, stop])
        ]
    return FittedScenes(tuple(fitted), tuple(notes))


def grouped_storyboard(
    numbered: NumberedText,
    scenes: Sequence[ChosenScene],
    *,
    target_length_s: float | None,
    clips: ClipLengths,
) -> Storyboard:
    """The storyboard of these scenes, which have every line once and in order.

    Lengths, times, camera moves, styles and moods that the text asks for go before those chosen.
    """
    passages = [_joined(scene, numbered.lines) for scene in scenes]
    planned = schedule(passages, target_length_s, clips)
    parts = list(planned.parts)
    notes: list[str] = []
    if target_length_s is None:
        parts, notes = _with_chosen_lengths(parts, scenes, clips)
    board = board_of(
        numbered.text,
        numbered.text_format,
        numbered.read,
        replace(planned, parts=tuple(parts)),
        target_length_s,
    )
    drafts = [_as_chosen(draft, scene) for draft, scene in zip(board.drafts, scenes, strict=True)]
    return replace(board, drafts=tuple(drafts), notes=(*board.notes, *first_of(notes, _SHOWN)))


def _joined(scene: ChosenScene, lines: Sequence[NumberedLine]) -> Passage:
    """A scene as one piece that is never divided, as long as it is wanted to be."""
    own = [lines[number - 1].passage for number in scene.lines]
    first, last = own[0], own[-1]
    words = sum(passage.words for passage in own)
    weight = words if scene.duration_s is None else round(scene.duration_s * _WEIGHT_PER_S)
    at = first.at
    if at is not None and last.at is not None:
        at = replace(at, end_s=last.at.end_s)
    atom = Atom(first.start, last.end, min(max(weight, 1), _MOST_WEIGHT))
    length_s = first.length_s if len(own) == 1 else None
    return Passage((atom,), is_verse=True, length_s=length_s, at=at, is_whole=True)


def _with_chosen_lengths(
    parts: Sequence[TimedPart], scenes: Sequence[ChosenScene], clips: ClipLengths
) -> tuple[list[TimedPart], list[str]]:
    """The parts with the lengths that were chosen, where nothing else says how long they are."""
    notes: list[str] = []
    found: list[TimedPart] = []
    for number, (part, scene) in enumerate(zip(parts, scenes, strict=True), start=1):
        if part.is_asked or scene.duration_s is None:
            found.append(part)
            continue
        wanted = round(scene.duration_s * 100)
        length = min(max(wanted, clips.low), clips.high)
        if length != wanted:
            notes.append(
                f"Scene {number} was to last {scene.duration_s:g} s; the nearest that a clip can "
                f"last is {length / 100:g} s."
            )
        # Theirs from now on, whatever other clips last.
        found.append(replace(part, length=length, is_asked=True))
    return found, notes


def _as_chosen(draft: SceneDraft, scene: ChosenScene) -> SceneDraft:
    prompt = Looks(style=draft.style, mood=draft.mood).prompt(" ".join(scene.prompt.split()))
    return replace(
        draft,
        prompt=prompt,
        camera=draft.camera or scene.camera,
        characters=scene.characters,
        is_written=True,
    )


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_SHOWN]))
    more = len(numbers) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
