"""Which characters and references a scene's render gets, and its prompt with their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Problem
from core.platform.suggestions import unknown_name
from core.project.model.characters import CharacterKind, escape, find_mentions, write_out
from core.video.request import Input
from core.video.terms import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.project.model.characters import Character, ReferenceImage
    from core.project.model.project import Scene, VideoProject
    from core.video.spec import ModelSpec

_ENDS = ".!?…\u3002\uff01\uff1f"
# What stands between two prompts of one clip, each of which is read alone.
_BAR = re.compile(r"((?<!\S)\|(?!\S))")


@dataclass(frozen=True)
class ChosenReference:
    """One reference of a scene.

    Attributes:
        is_global: it is not in the scene's own list.
        reason: why it is not sent; empty where it is.
        character: the name of whom it shows; empty where that is nobody by name.
    """

    reference: ReferenceImage
    is_global: bool
    reason: str = ""
    character: str = ""

    @property
    def is_sent(self) -> bool:
        """Whether the model gets it."""
        return not self.reason


@dataclass(frozen=True)
class WrittenPrompt:
    """A prompt as it is sent.

    Attributes:
        references: all of the scene's, those that are left out too.
        notes: what became of each character, and of each reference that is left out.
        problems: names behind an @ that nobody has.
    """

    prompt: str
    enhanced_prompt: str
    references: tuple[ChosenReference, ...]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The references that are sent."""
        sent = (item.reference.path for item in self.references if item.is_sent)
        return tuple(Input(role=Role.REFERENCE, path=path) for path in sent)

    @property
    def whose(self) -> tuple[str, ...]:
        """Of each reference that is sent, whom it shows; empty where none shows anybody by name."""
        names = tuple(item.character for item in self.references if item.is_sent)
        return names if any(names) else ()


def characters_of(project: VideoProject, scene: Scene) -> tuple[Character, ...]:
    """Whom a scene shows: those that its prompts mention, and the styles of every scene."""
    found: dict[str, Character] = {}
    for prompt in (scene.prompt, scene.enhanced_prompt):
        for mention in find_mentions(prompt, project.characters):
            if mention.character is not None:
                found.setdefault(mention.character.id, mention.character)
    if scene.uses_global_references:
        for character in project.characters:
            if character.kind is CharacterKind.STYLE and character.is_everywhere:
                found.setdefault(character.id, character)
    return tuple(found.values())


def choose_references(
    project: VideoProject, scene: Scene, spec: ModelSpec
) -> tuple[ChosenReference, ...]:
    """Which references the model gets for a scene: as many as it takes.

    Where it does not take all, the scene's own go first, then one of each character, a second of
    each, and so on; the project's come last.
    """
    shown = characters_of(project, scene)
    found = scene.get_effective_reference_images(project.references, shown)
    own = {reference.path for reference in scene.references}
    whose = {
        image.path: (number, character.name)
        for character in reversed(shown)
        for number, image in enumerate(character.images)
    }

    def turn(place: int) -> tuple[int, int, int]:
        path = found[place].path
        if path in own:
            return 0, 0, place
        return (1, whose[path][0], place) if path in whose else (2, 0, place)

    limit, sent = spec.limit(Role.REFERENCE), 0
    reasons: dict[int, str] = {}
    for place in sorted(range(len(found)), key=turn):
        if limit == 0:
            reasons[place] = f"{spec.label} takes no reference images."
        elif sent >= limit:
            reasons[place] = f"{spec.label} takes at most {limit}."
        elif not found[place].path.is_file():
            reasons[place] = "The file is missing."
        else:
            sent += 1
    return tuple(
        ChosenReference(
            reference,
            reference.path not in own,
            reasons.get(place, ""),
            whose.get(reference.path, (0, ""))[1],
        )
        for place, reference in enumerate(found)
    )


def write_prompt(project: VideoProject, scene: Scene, spec: ModelSpec) -> WrittenPrompt:
    """A scene's prompt as this model gets it, with the references that go along.

    A character whose images are sent stands in it by name, with the number of its images; one of
    which none is sent has its sentence there, and so has every style.
    """
    references = choose_references(project, scene, spec)
    shown = tuple(
        _ShownCharacter.of(one, references, spec) for one in characters_of(project, scene)
    )
    left_out = [
        f"Reference {item.reference.path.name!r} is not sent: {item.reason}"
        for item in references
        if not item.is_sent and not any(one.tells_of(item) for one in shown)
    ]
    return WrittenPrompt(
        _with_sentences(project, scene, shown),
        # Its enhancer has read the sentences.
        write_out(scene.enhanced_prompt, project.characters),
        references,
        (*(one.note for one in shown), *left_out),
        tuple(_unknown(project, scene)),
    )


@dataclass(frozen=True)
class _ShownCharacter:
    """A character of a scene, and how the model gets to know it.

    Attributes:
        numbers: of its images among those that are sent, from 1.
        reason: why none of its images is sent; empty where one is, or where it has none.
    """

    character: Character
    spec: ModelSpec
    numbers: tuple[int, ...]
    reason: str

    @classmethod
    def of(
        cls, character: Character, references: Iterable[ChosenReference], spec: ModelSpec
    ) -> _ShownCharacter:
        paths = {image.path for image in character.images}
        references = tuple(references)
        sent = [item.reference.path for item in references if item.is_sent]
        numbers = tuple(number for number, path in enumerate(sent, start=1) if path in paths)
        missing = [item.reason for item in references if item.reference.path in paths]
        return cls(character, spec, numbers, "" if numbers or not missing else missing[0])

    @property
    def is_seen(self) -> bool:
        """Whether the model sees the images as what they are, and no frames of the clip in them."""
        return bool(self.numbers) and self.spec.reference_strength is None

    def is_in_every_part(self, scene: Scene) -> bool:
        """Whether it belongs to the whole prompt: a style of every scene."""
        one = self.character
        is_chosen = one.is_everywhere and scene.uses_global_references
        return one.kind is CharacterKind.STYLE and is_chosen

    @property
    def sentences(self) -> tuple[str, ...]:
        """What stands behind the prompt."""
        one = self.character
        sentence = " ".join(one.sentence.split())
        found: list[str] = []
        if self.is_seen:
            images = _numbered(self.numbers)
            what = f"the style {one.name}" if one.kind is CharacterKind.STYLE else one.name
            found.append(f"{images} {'shows' if len(self.numbers) == 1 else 'show'} {what}.")
        if sentence and (one.kind is CharacterKind.STYLE or not self.is_seen):
            ends = sentence[-1] in _ENDS
            has_name = one.name.casefold() in sentence.casefold()
            is_named = has_name or one.kind is CharacterKind.STYLE
            found.append(("" if is_named else f"{one.name}: ") + sentence + ("" if ends else "."))
        return tuple(found)

    @property
    def note(self) -> str:
        """Which way was taken."""
        one = self.character
        who = f"@{one.name}"
        has_sentence = bool(one.sentence.strip())
        in_words = "its sentence stands in the prompt" if has_sentence else "only its name is sent"
        if self.numbers:
            images = _numbered(self.numbers).lower()
            if not self.is_seen:
                why = f"{self.spec.label} has no use of its own for reference images"
                return f"{who}: {images} is sent, and since {why}, {in_words}."
            style = ", and its sentence stands in the prompt" if has_sentence else ""
            is_style = one.kind is CharacterKind.STYLE
            return f"{who} goes along as {images}{style if is_style else ''}."
        if not one.images:
            return f"{who} has no images: {in_words}."
        return f"{who}: no image of it is sent, and {in_words}. {self.reason}"

    def tells_of(self, item: ChosenReference) -> bool:
        """Whether the note says why that one is left out."""
        return not self.numbers and item.character == self.character.name


def _numbered(numbers: Sequence[int]) -> str:
    """As it begins a sentence: "Reference images 1, 2 and 3"."""
    if len(numbers) == 1:
        return f"Reference image {numbers[0]}"
    first = ", ".join(map(str, numbers[:-1]))
    return f"Reference images {first} and {numbers[-1]}"


def _with_sentences(project: VideoProject, scene: Scene, shown: Sequence[_ShownCharacter]) -> str:
    """The prompt with names for mentions, and behind each of its parts what is said of these."""
    parts = _BAR.split(scene.prompt)
    for place in range(0, len(parts), 2):
        mentions = find_mentions(parts[place], project.characters)
        named = {found.character.id for found in mentions if found.character is not None}
        everywhere = {one.character.id for one in shown if one.is_in_every_part(scene)}
        said = [one.sentences for one in shown if one.character.id in named | everywhere]
        sentences = " ".join(sentence for some in said for sentence in some)
        parts[place] = _followed(write_out(parts[place], project.characters), sentences)
    return "".join(parts)


def _followed(prompt: str, sentences: str) -> str:
    text = prompt.rstrip()
    if not text or not sentences:
        return prompt
    stop = "" if text[-1] in f"{_ENDS},;:" else "."
    return f"{text}{stop} {sentences}{prompt[len(text) :]}"


def _unknown(project: VideoProject, scene: Scene) -> Iterable[Problem]:
    names = [one.name for one in project.characters]
    seen: set[str] = set()
    for prompt in (scene.prompt, scene.enhanced_prompt):
        for mention in find_mentions(prompt, project.characters):
            if mention.character is None and mention.name.casefold() not in seen:
                seen.add(mention.name.casefold())
                written = prompt[mention.start : mention.end]
                advice = f"Add it, or write {escape(written)!r} where the @ itself is meant."
                yield Problem(
                    "prompt", f"{unknown_name('character', mention.name, names)} {advice}"
                )
