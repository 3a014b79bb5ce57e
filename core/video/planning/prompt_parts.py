"""What a model is given to read: camera words, and prompts that follow each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from core.errors import Problem
from core.platform.units import count_text
from core.video.allowed import find_value
from core.video.control_row import Control
from core.video.controls import ROWS
from core.video.editing.tools import PromptUse
from core.video.inputs import KEPT, PACING, ROLES
from core.video.plan import ClipPart, RenderPlan
from core.video.spec import CameraWay, shown_name
from core.video.terms import OutputKind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.video.request import RenderRequest
    from core.video.spec import FrameSize, ModelSpec

BAR = " | "
"""Stands between the prompts of two parts."""

_BAR = re.compile(r"(?<!\S)\|(?!\S)")
_TIME = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*:(?=\s)")
# How many steps of the grid the model sees of the parts before, where it may: a second.
_MOST_CONTEXT = 3
_SLOW_BELOW = 0.8
_QUICK_ABOVE = 1.25
_FIELD, _DURATION = "prompt", "frame.duration_s"


@dataclass(frozen=True)
class AskedPart:
    """The prompt of a part, and when in the clip it is to begin; None leaves that open."""

    prompt: str
    begin_s: float | None = None


def split_prompt(prompt: str) -> tuple[AskedPart, ...]:
    """The parts of a prompt; a prompt without a bar between spaces is one, word for word."""
    texts = _BAR.split(prompt)
    if len(texts) == 1:
        return (AskedPart(prompt),)
    return tuple(map(_asked_part, texts))


def _asked_part(text: str) -> AskedPart:
    # A part may end behind its time, and so may the prompt.
    found = _TIME.match(f"{text} ")
    if found is None:
        return AskedPart(text.strip())
    return AskedPart(text[found.end() :].strip(), float(found[1]))


@dataclass(frozen=True)
class PartGrid:
    """Where the parts of a clip can begin and end, counted in steps of the model's frame grid.

    The first part has the frames of its steps and the one that stands alone; each other sees at
    least one step of the parts before it, which leaves it one step less.
    """

    spec: ModelSpec
    size: FrameSize
    fps: int

    @property
    def most_steps(self) -> int:
        """Of the first part."""
        longest_s = self.spec.durations.longest(self.size.resolution, self.fps)
        return self.steps(longest_s)

    @property
    def least_steps(self) -> int:
        """Of any part."""
        return self.steps(self.spec.durations.minimum)

    @property
    def usual_steps(self) -> int:
        """Of a part where nobody says how long it is."""
        return min(self.steps(self.spec.durations.default), self.most_steps - 1)

    def steps(self, duration_s: float) -> int:
        """The length of a clip."""
        grid = self.spec.frame_grid
        return (grid.frames(duration_s, self.fps) - grid.offset) // grid.step

    def steps_before(self, begin_s: float) -> int:
        """The steps in front of the frame that is nearest to a time and can be a part's first."""
        grid = self.spec.frame_grid
        return round((begin_s * self.fps - grid.offset) / grid.step)

    def seconds(self, steps: int) -> float:
        """The length of a part that is not the first."""
        return steps * self.spec.frame_grid.step / self.fps

    def part(self, prompt: str, begin: int, end: int) -> ClipPart:
        """A part between two places that are counted in steps."""
        grid = self.spec.frame_grid
        if begin == 0:
            return ClipPart(prompt=prompt, first=0, num_frames=end * grid.step + grid.offset)
        seen = min(_MOST_CONTEXT, begin, self.most_steps - (end - begin))
        return ClipPart(
            prompt=prompt,
            first=begin * grid.step + grid.offset,
            num_frames=(end - begin) * grid.step,
            seen_frames=seen * grid.step + grid.offset,
        )


def prompt_problems(request: RenderRequest) -> tuple[Problem, ...]:
    """What is wrong with the prompt whatever the model is."""
    if request.prompt.strip():
        return ()
    what = request.output.value if request.output is OutputKind.IMAGE else "clip"
    return (Problem("prompt", f"The prompt is empty. Describe the {what} in a few words."),)


def part_problems(request: RenderRequest, spec: ModelSpec) -> Iterator[Problem]:
    """What is wrong with the parts of a prompt whatever the length of the clip is."""
    asked = split_prompt(request.prompt)
    if len(asked) == 1:
        return
    if request.output is OutputKind.IMAGE:
        yield Problem(_FIELD, "An image has one prompt. Leave the bars out.")
        return
    if len(asked) > spec.most_parts:
        takes = f"takes at most {spec.most_parts}" if spec.most_parts > 1 else "takes one prompt"
        yield Problem(
            _FIELD,
            f"The prompt has {len(asked)} parts (a bar between spaces begins another), and "
            f"{spec.label} {takes}. Leave bars out, or choose another model.",
        )
        return
    for row in (ROWS[Control.ENHANCE_PROMPT], ROWS[Control.ENHANCED_PROMPT]):
        if row.is_set(request):
            yield Problem(
                row.path,
                "A prompt of several parts is not enhanced. Leave the bars of the prompt or the "
                f"{row.noun} out, or enhance each part by itself and write it there.",
            )
    given = request.of_role(*PACING, *KEPT, Role.AUDIO)
    for name in dict.fromkeys(ROLES[item.role].name for item in given):
        yield Problem(
            _FIELD,
            f"A clip of several prompts is made of no {name}. Leave the {name} or the bars of the "
            "prompt out.",
        )
    for number, part in enumerate(asked, start=1):
        if not part.prompt:
            yield Problem(
                _FIELD,
                f"Part {number} of {len(asked)} of the prompt is empty. Say what is to be seen in "
                "it, or leave its bar out.",
            )
        elif (problem := ROWS[Control.PROMPT].problem(part.prompt, spec)) is not None:
            yield Problem(_FIELD, f"Part {number}: {problem}")
    if asked[0].begin_s:
        yield Problem(
            _FIELD,
            f"The first part begins with the clip, not at {asked[0].begin_s:g} s. Leave its time "
            "out.",
        )
    times = [part.begin_s for part in asked[1:] if part.begin_s is not None]
    for before, after in zip((0.0, *times), times, strict=False):
        if after <= before:
            yield Problem(
                _FIELD,
                f"A part at {after:g} s cannot come after one at {before:g} s. Each begins later "
                "than the one before it.",
            )


def stage_problems(request: RenderRequest, spec: ModelSpec, size: FrameSize) -> Iterator[Problem]:
    """Two stages, which a clip of parts is not made in."""
    if request.sampling.two_stage or size.resolution in spec.large_resolutions:
        yield Problem(
            "sampling.two_stage",
            "A clip of several prompts is made in one stage. Leave the two stages out or choose a "
            "smaller size, or leave the bars of the prompt out.",
        )


def place_parts(
    asked: tuple[AskedPart, ...], grid: PartGrid, duration_s: float | None
) -> tuple[tuple[ClipPart, ...], tuple[Problem, ...]]:
    """Which frames each part has; or what is wrong with that.

    What no time decides is shared evenly. Where the clip's length is left open, so is that of its
    last parts, and each of them has the usual one.

    Args:
        asked: without problems of their own.
        grid: of the model, at a size and a rate.
        duration_s: of the whole clip, where it is asked for.
    """
    known = {0: 0} | {
        place: grid.steps_before(part.begin_s)
        for place, part in enumerate(asked)
        if place and part.begin_s is not None
    }
    count, last = len(asked), max(known)
    if duration_s is None:
        whole = known[last] + grid.usual_steps * (count - last)
    else:
        whole = grid.steps(duration_s)
    late = asked[last].begin_s
    if last and duration_s is not None and late is not None and late >= duration_s:
        text = f"Part {last + 1} begins at {late:g} s, and the clip ends at {duration_s:g} s. "
        return (), (Problem(_FIELD, f"{text}Choose an earlier time or a longer clip."),)
    ends = _shared({**known, count: whole})
    problems = tuple(_length_problems(ends, grid, duration_s, has_times=last > 0))
    if problems:
        return (), problems
    pairs = zip(asked, pairwise(ends), strict=True)
    return tuple(grid.part(part.prompt, begin, end) for part, (begin, end) in pairs), ()


def _shared(known: dict[int, int]) -> list[int]:
    """The place of each part and of the end, those between two known ones at even distances."""
    ends = [0]
    places = sorted(known)
    for first, after in pairwise(places):
        each, rest = divmod(known[after] - known[first], after - first)
        # What is left goes to those in front: the first part of a clip may be the longest.
        ends += [
            known[first] + each * number + min(number, rest)
            for number in range(1, after - first + 1)
        ]
    return ends


def _length_problems(
    ends: list[int], grid: PartGrid, duration_s: float | None, *, has_times: bool
) -> Iterator[Problem]:
    count, label = len(ends) - 1, grid.spec.label
    most, least = grid.most_steps, grid.least_steps
    shortest_s = grid.seconds(least)
    where = f"At {grid.size} and {grid.fps} fps"
    if not has_times and duration_s is not None:
        # One sentence for all of them.
        longest_s = grid.seconds(most + (most - 1) * (count - 1))
        if ends[-1] > most + (most - 1) * (count - 1):
            yield Problem(
                _DURATION,
                f"{where} {label} makes at most {longest_s:.2f} s of {count} parts, not "
                f"{duration_s:g} s. Shorten the clip or add a part.",
            )
        elif ends[-1] < least * count:
            yield Problem(
                _DURATION,
                f"{where} {count} parts take {least * count * grid.seconds(1):.2f} s at least "
                f"({shortest_s:.2f} s each), not {duration_s:g} s. Choose a longer clip or fewer "
                "parts.",
            )
        return
    for number, (begin, end) in enumerate(pairwise(ends), start=1):
        length, longest = end - begin, most if number == 1 else most - 1
        if length > longest:
            yield Problem(
                _FIELD,
                f"Part {number} of {count} is {grid.seconds(length):.2f} s long. {where} {label} "
                f"makes at most {grid.seconds(longest):.2f} s of it. Choose other times, or add a "
                "part.",
            )
        elif length < least:
            yield Problem(
                _FIELD,
                f"Part {number} of {count} is {grid.seconds(max(0, length)):.2f} s long. {where} "
                f"{label} makes at least {shortest_s:.2f} s of it. Choose other times.",
            )


@dataclass(frozen=True)
class ReadPrompt:
    """What the model reads: all of it in one text, and the parts, where there are several."""

    prompt: str
    parts: tuple[ClipPart, ...] = ()


@dataclass(frozen=True)
class AskedPrompt:
    """Judges a request by its prompt and its camera move, and adds to its plan's words."""

    request: RenderRequest
    spec: ModelSpec
    problems: list[Problem]
    notes: list[str]

    @property
    def has_parts(self) -> bool:
        """Whether a clip of several prompts is asked for, and the model takes as many."""
        if self.request.output is OutputKind.IMAGE:
            return False
        return 1 < len(split_prompt(self.request.prompt)) <= self.spec.most_parts

    def read(self, size: FrameSize | None, fps: int, *, makes_audio: bool = False) -> ReadPrompt:
        """The prompt with the words for the camera move, and last those for the sound.

        Args:
            size: None where it is refused.
            fps: of the clip.
            makes_audio: whether the model makes any of its sound.

        Returns:
            Without parts where they are refused.
        """
        is_read = self.spec.prompt_use(self.request.task) is not PromptUse.UNUSED
        refused = tuple(part_problems(self.request, self.spec)) if is_read else ()
        self.problems.extend(refused)
        camera, audio = self._camera_words(), self._audio_words(makes_audio=makes_audio)
        if not is_read:
            if self.request.prompt.strip():
                task = self.request.task
                who = task.value.capitalize() if self.spec.takes_prompt else self.spec.label
                self.notes.append(f"{who} reads no words: the prompt is not used.")
            return ReadPrompt("")
        if not self.has_parts:
            self._tell_enhancement()
            words = self.request.enhanced_prompt or self.request.prompt
            return ReadPrompt(joined_prompt(joined_prompt(words.strip(), camera), audio))
        asked = tuple(
            AskedPart(joined_prompt(joined_prompt(part.prompt, camera), audio), part.begin_s)
            for part in split_prompt(self.request.prompt)
        )
        prompt = BAR.join(part.prompt for part in asked)
        if size is None or refused:
            return ReadPrompt(prompt)
        self.problems.extend(stage_problems(self.request, self.spec, size))
        grid = PartGrid(self.spec, size, fps)
        parts, problems = place_parts(asked, grid, self.request.frame.duration_s)
        self.problems.extend(problems)
        self.notes.extend(part_notes(parts, fps))
        return ReadPrompt(prompt, parts)

    def _tell_enhancement(self) -> None:
        enhanced, row = self.request.enhanced_prompt, ROWS[Control.ENHANCED_PROMPT]
        if enhanced is not None and not enhanced.strip():
            self.problems.append(
                Problem(row.path, "The enhanced prompt is empty. Leave it out, or write it.")
            )
        elif enhanced is not None:
            unasked = ", and its enhancer is not asked" if self.request.enhance_prompt else ""
            self.notes.append(
                f"The model reads the enhanced prompt instead of the prompt{unasked}."
            )
        elif self.request.enhance_prompt:
            self.notes.append(
                "The model's own enhancer rewrites the prompt first, and the record keeps both. "
                "'main.py enhance' and the window show its words before anything is made."
            )

    def _audio_words(self, *, makes_audio: bool) -> str:
        """The audio prompt as the last sentence of the prompt; empty where no sound is made."""
        words = (self.request.audio_prompt or "").strip()
        if not words or not self.spec.takes_audio_prompt:
            return ""
        if not makes_audio:
            self.notes.append("No sound is made for the clip, so its audio prompt is not used.")
            return ""
        self.notes.append(f"The audio prompt is read as the end of the prompt: {words!r}.")
        return words

    def _camera_words(self) -> str:
        """What asks for the camera move, where it is asked for in words; empty where it is not."""
        asked, camera = self.request.motion.camera, self.spec.camera
        speed = self._speed_word(has_move=asked is not None)
        motion = find_value(asked, camera.motions) if camera and asked is not None else None
        if camera is None or motion is None or camera.way is not CameraWay.WORDS:
            return ""
        phrase = camera.phrase(str(motion)) or ""
        words = phrase.replace("{speed}", speed).strip()
        move = shown_name(str(motion))
        self.notes.append(f"The camera move {move} is asked for in words: {words!r}.")
        return words

    def _speed_word(self, *, has_move: bool) -> str:
        speed, row = self.request.motion.speed, ROWS[Control.CAMERA_SPEED]
        if speed is None:
            return ""
        if not has_move:
            self.problems.append(Problem(row.path, "A camera speed needs a camera move. Name one."))
            return ""
        problem = row.problem(speed, self.spec)
        if problem is not None:
            self.problems.append(Problem(row.path, problem))
        elif speed < _SLOW_BELOW:
            return " slowly"
        elif speed > _QUICK_ABOVE:
            return " quickly"
        else:
            self.notes.append(f"A camera speed of {speed:g} is the normal one.")
        return ""


def with_enhanced_prompt(plan: RenderPlan, text: str) -> RenderPlan:
    """The plan with what its enhancer wrote; the words for camera and speed follow it."""
    asked = AskedPrompt(plan.request, plan.spec, [], []).read(None, plan.fps).prompt
    after = plan.prompt.removeprefix(asked).lstrip(". ")
    request = plan.request.model_copy(update={"enhanced_prompt": text})
    enhanced = AskedPrompt(request, plan.spec, [], []).read(None, plan.fps).prompt
    prompt = joined_prompt(enhanced, after)
    return plan.model_copy(update={"request": request, "prompt": prompt})


def joined_prompt(prompt: str, words: str) -> str:
    """A prompt and words after it, such as those for the camera move, where there are any."""
    joint = "" if not words or prompt.endswith((".", "!", "?")) else "."
    return f"{prompt}{joint} {words}" if words else prompt


def part_notes(parts: Iterable[ClipPart], fps: int) -> Iterator[str]:
    """One sentence for each part: its frames, its words, and what the model sees before it."""
    for number, part in enumerate(parts, start=1):
        stop = part.first + part.num_frames
        seen = (
            f" It goes on from the {count_text(part.seen_frames - 1, 'frame')} before."
            if part.first
            else ""
        )
        yield (
            f"Part {number}, {part.first / fps:.2f} to {stop / fps:.2f} s (frames "
            f"{part.first + 1} to {stop}): {part.prompt!r}.{seen}"
        )
