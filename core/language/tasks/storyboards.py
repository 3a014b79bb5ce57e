"""A storyboard that a language model makes of lyrics, a script or any text, piece by piece."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field
from typing_extensions import override

from core.errors import Problem, UnsupportedRequest
from core.frozen import Frozen
from core.jobs.job import Subject, SubjectKind
from core.language.model import LanguageRequest
from core.language.tasks.task import (
    Answers,
    Misfit,
    WritingTask,
    answer_schema,
    carried,
    read_as,
)
from core.platform.units import count_text
from core.project.model.characters import CharacterKind, mention_text
from core.project.model.project import TextFormat  # noqa: TC001 - pydantic reads the annotations
from core.project.storyboard.grouped import (
    ChosenScene,
    FittedScenes,
    LinesMistaken,
    NumberedText,
    fit_scenes,
    grouped_storyboard,
    number_lines,
)
from core.project.storyboard.tags import CAMERA_MOTIONS, camera_motion
from core.project.storyboard.times import ClipLengths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.project.model.characters import Character
    from core.project.storyboard.storyboard import Storyboard

_MOST_LINES, _MOST_WORDS = 40, 450
_TOKENS_OF_LINE, _TOKENS_BESIDES = 150, 1200
MOST_WORDS = 200_000
"""A longer text is no film that anybody makes at once."""
NO_MODEL = (
    "The text was divided by its paragraphs, lines and tags. A language model would write a prompt "
    "of what is to be seen for each scene, choose camera moves and lengths, and name who is in it."
)
"""What whoever has no language model is told."""

_INSTRUCTIONS = """\
You make the storyboard of a film from a text whose lines are numbered. Put lines that belong \
together into one scene; a scene lasts {low:g} to {high:g} seconds, usually {usual:g}. Every line \
belongs to exactly one scene, and the scenes follow the order of the lines: give the numbers of \
its lines with each scene, and leave no number out. A scene never goes on past a heading (==).
For each scene write
- prompt: what a camera sees, in 30 to 80 words of plain sentences in the present tense: who, \
where, what happens, light, framing. Show what the words mean, do not repeat them. Describe a \
person who comes again alike each time; keep any name that begins with @ as it is.
- camera: one move of the list, static where it stands still.
- duration_s: its length in seconds.
- characters: the names of those who are in it; none where nobody is.{style}{known}"""
_STYLE = "\nAll scenes look like this: {style}"
_KNOWN = "\nThese are known, and are called by these names: {names}."


def _as_move(text: str) -> str:
    found = camera_motion(text)
    if found is None:
        raise ValueError(f"there is no camera move {text[:40]!r}")
    return found.motion


_Move = Annotated[
    str, AfterValidator(_as_move), Field(json_schema_extra={"enum": list(CAMERA_MOTIONS)})
]


class _SceneAnswer(Frozen):
    lines: tuple[int, ...]
    prompt: str
    camera: _Move
    duration_s: float
    characters: tuple[str, ...]


class _Scenes(Frozen):
    scenes: tuple[_SceneAnswer, ...]


def names_for(characters: Sequence[Character]) -> tuple[str, ...]:
    """How prompts call what a project keeps by name, such as "@Anna"; styles are in no scene."""
    return tuple(
        mention_text(character, " ", characters)
        for character in characters
        if character.kind is not CharacterKind.STYLE
    )


class StoryboardTask(WritingTask):
    """All of a text in scenes.

    Attributes:
        text_format: what it is read as; None for what it looks like.
        target_length_s: how long all scenes are together; None for as long as it gets.
        clip_s, min_s, max_s: how long a clip usually is, at least, and at most.
        style: how all scenes look; empty for what the text says.
        characters: names that are known, such as "@Anna".
        project_id: whose storyboard it becomes; empty where that is not known yet.
    """

    kind: Literal["storyboard"] = "storyboard"
    text: str
    text_format: TextFormat | None = None
    target_length_s: float | None = Field(default=None, gt=0)
    clip_s: float
    min_s: float
    max_s: float
    style: str = ""
    characters: tuple[str, ...] = ()
    project_id: str = ""

    @property
    @override
    def title(self) -> str:
        return f"storyboard of {count_text(len(self.text.split()), 'word')}"

    @property
    @override
    def subject(self) -> Subject:
        return Subject(SubjectKind.PROJECT, self.project_id)

    @property
    @override
    def num_questions(self) -> int:
        return len(self._pieces)

    @property
    def numbered(self) -> NumberedText:
        """The text in lines."""
        return _numbered(self.text, self.text_format)

    @property
    def _pieces(self) -> tuple[range, ...]:
        return _pieces(self.text, self.text_format)

    def check(self) -> None:
        """Refuse what no storyboard can be made of, before anything is asked.

        Raises:
            UnsupportedRequest: there are no words, or too many.
        """
        count = len(self.text.split())
        if count > MOST_WORDS:
            message = f"The text has {count:,} words; at most {MOST_WORDS:,} become a storyboard."
            raise UnsupportedRequest([Problem("text", message)])
        if not self.numbered.lines:
            message = "The text has no words to make scenes of, only tags and headings, or nothing."
            raise UnsupportedRequest([Problem("text", message)])

    @override
    def question(self, number: int, earlier: Answers) -> LanguageRequest:
        piece, lines = self._pieces[number], self.numbered.lines
        instructions = _INSTRUCTIONS.format(
            low=self.min_s,
            high=self.max_s,
            usual=self.clip_s,
            style=_STYLE.format(style=self.style) if self.style else "",
            known=_KNOWN.format(names=", ".join(self.characters)) if self.characters else "",
        )
        shown: list[str] = []
        if number:
            context = carried(self._before(earlier))
            shown.append(
                f"This is part {number + 1} of {self.num_questions}; it goes on from scenes before."
            )
            shown += [f"These were the last of them:\n{context}"] if context else []
        for at in piece:
            line = lines[at - 1]
            if line.heading:
                shown.append(f"== {line.heading} ==")
            elif line.begins_scene:
                shown.append("==")
            shown.append(f"{at}: {line.words}")
        max_tokens = _TOKENS_BESIDES + _TOKENS_OF_LINE * len(piece)
        text = "\n".join(shown)
        return LanguageRequest(instructions, text, answer_schema(_Scenes), max_tokens)

    @override
    def read(self, number: int, answer: Mapping[str, object]) -> tuple[str, ...]:
        return self._fitted(number, answer).notes

    def storyboard(self, answers: Answers) -> Storyboard:
        """The storyboard of all answers; its texts are the text, whatever was answered."""
        scenes = [
            scene
            for number, answer in enumerate(answers)
            for scene in self._fitted(number, answer).scenes
        ]
        return grouped_storyboard(
            self.numbered,
            scenes,
            target_length_s=self.target_length_s,
            clips=ClipLengths(self.clip_s, self.min_s, self.max_s),
        )

    def _fitted(self, number: int, answer: Mapping[str, object]) -> FittedScenes:
        chosen = [
            ChosenScene(
                lines=scene.lines,
                prompt=scene.prompt.strip(),
                camera=scene.camera,
                duration_s=scene.duration_s if scene.duration_s > 0 else None,
                characters=tuple(filter(None, map(str.strip, scene.characters))),
            )
            for scene in read_as(_Scenes, answer).scenes
        ]
        try:
            fitted = fit_scenes(chosen, self._pieces[number], self.numbered.lines)
        except LinesMistaken as error:
            raise Misfit(str(error)) from error
        for scene in fitted.scenes:
            if not scene.prompt:
                raise Misfit(f"the scene of line {scene.lines[0]} has no prompt.")
        return fitted

    def _before(self, earlier: Answers) -> list[str]:
        """The scenes of the answer before, each in a sentence, and who is known by then."""
        if not earlier:
            return []
        # Read once, when they came: a long text has hundreds.
        scenes = [scene for answer in earlier for scene in answer["scenes"]]
        names = dict.fromkeys(name.strip() for scene in scenes for name in scene["characters"])
        last = [f"- {' '.join(scene['prompt'].split())[:300]}" for scene in scenes[-3:]]
        return [*last, f"So far there were: {', '.join(names)[:300]}."] if names else last


@lru_cache(maxsize=4)
def _numbered(text: str, text_format: TextFormat | None) -> NumberedText:
    return number_lines(text, text_format)


@lru_cache(maxsize=4)
def _pieces(text: str, text_format: TextFormat | None) -> tuple[range, ...]:
    """The lines that are asked for together, cut where a scene or a paragraph begins."""
    lines = _numbered(text, text_format).lines
    words = [len(line.words.split()) for line in lines]
    pieces: list[range] = []
    start = 0
    while start < len(lines):
        stop = start
        counted = 0
        while stop < len(lines) and stop - start < _MOST_LINES:
            counted += words[stop]
            if stop > start and counted > _MOST_WORDS:
                break
            stop += 1
        if stop < len(lines):
            half = start + (stop - start) // 2
            places = range(stop, half, -1)
            stop = next(
                (at for at in places if lines[at].begins_scene),
                next((at for at in places if lines[at].begins_passage), stop),
            )
        pieces.append(range(start + 1, stop + 1))
        start = stop
    return tuple(pieces)
