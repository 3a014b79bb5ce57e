"""Prompts that are rewritten: each by itself, or all of a project in one style."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from typing_extensions import override

from core.errors import Problem, UnsupportedRequest
from core.frozen import Frozen
from core.jobs.job import Subject, SubjectKind
from core.language.model import LanguageRequest
from core.language.tasks.task import Answers, Misfit, WritingTask, answer_schema, read_as
from core.platform.units import count_text
from core.video.enhance_job import EnhancedPrompt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.project.model.project import Scene, VideoProject

_MOST_PROMPTS, _MOST_WORDS = 12, 700
_LONGEST_PROMPT = 2000
"""In words: what is longer is no prompt of any model."""
_TOKENS_OF_PROMPT, _TOKENS_BESIDES = 400, 1200
_STYLE_WORDS = 3000

_ENHANCE = """\
You rewrite prompts for a model that makes short video clips. Keep what each prompt says: its \
subject, action, place, names and any word that begins with @ stay. Add what a camera would see: \
light, colours, materials, framing, one clear movement. Write plain sentences in the present \
tense, in the language of the prompt, 40 to 100 words each, with no heading and no list. Give \
every prompt once, by its number."""
_STYLE_GIVEN = "\n\nAll of them look like this: {style}"
_DRAW_STYLE = """\
These are the prompts of the scenes of one film, in order. Write one sentence, of at most 40 \
words, that says how the whole film looks: medium, light, colours, lens, mood. It must fit every \
scene and name nobody and no place. Write it in the language of the prompts."""
_CONTINUE = """\
These are prompts of scenes of one film. Rewrite each so that the whole film looks as this \
sentence says, and so that people, things and places that come again are described alike. Keep \
what happens, the names, any word that begins with @, the language and about the length. Give \
every prompt once, by its number.

{style}"""


class ScenePrompt(Frozen):
    """A prompt to be rewritten, and whose it is.

    Attributes:
        scene_id: empty for that of no project.
        number: of the scene, from 1; 0 for none.
    """

    prompt: str
    scene_id: str = ""
    number: int = 0

    @classmethod
    def of(cls, scene: Scene, number: int, *, is_own: bool) -> ScenePrompt:
        """Of the scene of this number the prompt as a person wrote it, or what is read instead."""
        words = scene.prompt if is_own else scene.enhanced_prompt or scene.prompt
        return cls(prompt=words, scene_id=scene.id, number=number)


class _NumberedPrompt(Frozen):
    number: int
    prompt: str


class _Prompts(Frozen):
    prompts: tuple[_NumberedPrompt, ...]


class _Style(Frozen):
    style: str


class EnhanceTask(WritingTask):
    """Each prompt with what a camera would see.

    Attributes:
        project_id: whose prompts they are; empty for none.
        style: how all of them look; empty for each as it is.
    """

    kind: Literal["enhance"] = "enhance"
    prompts: tuple[ScenePrompt, ...]
    project_id: str = ""
    style: str = ""

    @property
    @override
    def title(self) -> str:
        if len(self.prompts) > 1:
            return f"enhance {count_text(len(self.prompts), 'prompt')}"
        return f"enhance {' '.join(self._first.prompt.split())[:60]}"

    @property
    @override
    def subject(self) -> Subject:
        if len(self.prompts) > 1:
            return Subject(SubjectKind.PROJECT, self.project_id)
        scene_id = self._first.scene_id
        name = f"{self.project_id}/{scene_id}" if scene_id else ""
        return Subject(SubjectKind.PROMPT, name)

    @property
    def _first(self) -> ScenePrompt:
        return self.prompts[0]

    @property
    @override
    def num_questions(self) -> int:
        return len(_batches(self.prompts))

    @override
    def question(self, number: int, earlier: Answers) -> LanguageRequest:
        style = _STYLE_GIVEN.format(style=self.style) if self.style else ""
        return _question(_ENHANCE + style, self.prompts, _batches(self.prompts)[number])

    @override
    def read(self, number: int, answer: Mapping[str, object]) -> tuple[str, ...]:
        _read(answer, _batches(self.prompts)[number])
        return ()

    def rewritten(self, answers: Answers) -> tuple[EnhancedPrompt, ...]:
        """Every prompt before and after."""
        return _rewritten(self.prompts, answers)


class ContinuityTask(WritingTask):
    """All prompts of a film in one style, which is drawn from them where none is given."""

    kind: Literal["continuity"] = "continuity"
    prompts: tuple[ScenePrompt, ...]
    project_id: str = ""
    style: str = ""

    @property
    @override
    def title(self) -> str:
        return f"one style for {count_text(len(self.prompts), 'scene')}"

    @property
    @override
    def subject(self) -> Subject:
        return Subject(SubjectKind.PROJECT, self.project_id)

    @property
    @override
    def num_questions(self) -> int:
        return self._num_before + len(_batches(self.prompts))

    @property
    def _num_before(self) -> int:
        return 0 if self.style else 1

    @override
    def question(self, number: int, earlier: Answers) -> LanguageRequest:
        if number < self._num_before:
            words, shown = 0, list[str]()
            for place, item in enumerate(self.prompts, start=1):
                words += len(item.prompt.split())
                if shown and words > _STYLE_WORDS:
                    break
                shown.append(f"{place}. {item.prompt}")
            schema = answer_schema(_Style)
            return LanguageRequest(_DRAW_STYLE, "\n\n".join(shown), schema, _TOKENS_BESIDES)
        place = number - self._num_before
        instructions = _CONTINUE.format(style=self.style_of(earlier))
        return _question(instructions, self.prompts, _batches(self.prompts)[place])

    @override
    def read(self, number: int, answer: Mapping[str, object]) -> tuple[str, ...]:
        if number >= self._num_before:
            _read(answer, _batches(self.prompts)[number - self._num_before])
            return ()
        if not read_as(_Style, answer).style.strip():
            raise Misfit("the style is empty.")
        return ()

    def style_of(self, answers: Answers) -> str:
        """The sentence that holds for all scenes; empty before it is answered."""
        if self.style or not answers:
            return self.style
        return " ".join(read_as(_Style, answers[0]).style.split())

    def rewritten(self, answers: Answers) -> tuple[EnhancedPrompt, ...]:
        """Every prompt before and after."""
        return _rewritten(self.prompts, answers[self._num_before :])


def prompts_of(
    project: VideoProject, numbers: Iterable[int] = (), *, is_own: bool = True
) -> tuple[ScenePrompt, ...]:
    """The prompts of a project's scenes.

    Args:
        project: whose scenes they are.
        numbers: of the scenes, from 1; none for all that have a prompt.
        is_own: as a person wrote them; else what was made of them counts, where there is any.

    Raises:
        UnsupportedRequest: a scene has no prompt, or there is none of that number; or none at all.
    """
    chosen = tuple(dict.fromkeys(numbers))
    count = len(project.scenes)
    problems = [
        Problem(
            "scene", f"There is no scene {number}: the project has {count_text(count, 'scene')}."
        )
        for number in chosen
        if not 1 <= number <= count
    ]
    known = [number for number in chosen if 1 <= number <= count]
    problems += [
        Problem("scene", f"Scene {number} has no prompt. Write one first.")
        for number in known
        if not project.scenes[number - 1].prompt.strip()
    ]
    found = tuple(
        ScenePrompt.of(scene, number, is_own=is_own)
        for number, scene in enumerate(project.scenes, start=1)
        if scene.prompt.strip() and (not chosen or number in known)
    )
    if not found and not problems:
        problems.append(Problem("scene", "No scene of the project has a prompt. Write one first."))
    problems += prompt_problems(found)
    if problems:
        raise UnsupportedRequest(problems)
    return found


def prompt_problems(prompts: Iterable[ScenePrompt]) -> list[Problem]:
    """What is wrong with prompts before anything is asked."""
    problems: list[Problem] = []
    for item in prompts:
        count = len(item.prompt.split())
        if not count:
            problems.append(Problem("prompt", "The prompt is empty: there is nothing to rewrite."))
        elif count > _LONGEST_PROMPT:
            message = (
                f"A prompt of {count:,} words is too long; at most {_LONGEST_PROMPT:,} are read."
            )
            problems.append(Problem("prompt", message))
    return problems


def _batches(prompts: Sequence[ScenePrompt]) -> tuple[range, ...]:
    """The places of prompts that are asked for together."""
    found: list[range] = []
    start = words = 0
    for place, item in enumerate(prompts):
        own = len(item.prompt.split())
        if place > start and (place - start == _MOST_PROMPTS or words + own > _MOST_WORDS):
            found.append(range(start, place))
            start, words = place, 0
        words += own
    return (*found, range(start, len(prompts)))


def _question(instructions: str, prompts: Sequence[ScenePrompt], batch: range) -> LanguageRequest:
    text = "\n\n".join(f"{place + 1}. {prompts[place].prompt}" for place in batch)
    words = len(text.split())
    max_tokens = _TOKENS_BESIDES + _TOKENS_OF_PROMPT * len(batch) + 3 * words
    return LanguageRequest(instructions, text, answer_schema(_Prompts), max_tokens)


def _read(answer: Mapping[str, object], batch: range) -> dict[int, str]:
    """The prompts of an answer by their places."""
    found = read_as(_Prompts, answer).prompts
    wanted = [place + 1 for place in batch]
    numbers = [item.number for item in found]
    missing = [str(number) for number in wanted if number not in numbers]
    if missing:
        raise Misfit(f"it lacks the prompts {', '.join(missing)}.")
    if sorted(numbers) != wanted:
        raise Misfit(f"it has {len(numbers)} prompts for the numbers {wanted[0]} to {wanted[-1]}.")
    if any(not item.prompt.strip() for item in found):
        raise Misfit("one of its prompts is empty.")
    return {item.number - 1: item.prompt.strip() for item in found}


def _rewritten(prompts: Sequence[ScenePrompt], answers: Answers) -> tuple[EnhancedPrompt, ...]:
    after: dict[int, str] = {}
    for batch, answer in zip(_batches(prompts), answers, strict=True):
        after |= _read(cast("Mapping[str, object]", answer), batch)
    return tuple(
        EnhancedPrompt(item.prompt, after[place], scene_id=item.scene_id)
        for place, item in enumerate(prompts)
    )
