"""What a storyboard's text would become, and the words in which it is told before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.platform.units import count_text
from core.project.model.edits import own_duration_s
from core.project.storyboard.markup import clock
from core.project.storyboard.scenes import Renewal, renew_scenes
from core.project.storyboard.storyboard import Storyboard, split_storyboard

if TYPE_CHECKING:
    from core.jobs.job import CancelToken
    from core.project.model.project import Scene, TextFormat
    from core.video.spec import Durations


@dataclass(frozen=True)
class StoryboardText:
    """The text as it is written.

    Attributes:
        target_length_s: how long the film should be; None for as long as it gets.
        text_format: what it is read as; None for what it looks like.
    """

    text: str = ""
    target_length_s: float | None = None
    text_format: TextFormat | None = None


@dataclass(frozen=True)
class PreviewQuestion:
    """All that the preview depends on.

    Attributes:
        written: the storyboard that a language model made of the text, where that is chosen.
    """

    value: StoryboardText
    scenes: tuple[Scene, ...]
    clip_s: float
    limits: Durations
    shares_anew: bool
    written: Storyboard | None = None


@dataclass(frozen=True)
class PreviewAnswer:
    """The storyboard, and what would become of the scenes."""

    question: PreviewQuestion
    board: Storyboard
    renewal: Renewal


def answer_of(question: PreviewQuestion, cancel: CancelToken) -> PreviewAnswer:
    """Split the text and match it with the scenes that are there.

    Raises:
        JobCancelled: asked to stop.
    """
    board = question.written or split_storyboard(
        question.value.text,
        target_length_s=question.value.target_length_s,
        clip_s=question.clip_s,
        min_s=question.limits.minimum,
        max_s=question.limits.maximum,
        text_format=question.value.text_format,
    )
    cancel.check()
    renewal = renew_scenes(question.scenes, board, shares_anew=question.shares_anew)
    return PreviewAnswer(question, board, renewal)


def total_text(answer: PreviewAnswer) -> str:
    """How many scenes the film will have, and how long they will be together."""
    board, scenes = answer.board, answer.renewal.scenes
    count = len(scenes)
    words = sum(len(draft.words.split()) for draft in board.drafts)
    total_s = sum(own_duration_s(scene) or answer.question.clip_s for scene in scenes)
    size = f"{count_text(count, 'scene')} · {count_text(words, 'word')} · "
    if board.target_length_s is None:
        return f"{size}{clock(total_s)} in all"
    return f"{size}{clock(total_s)} of {clock(board.target_length_s)}"


def length_changes_text(answer: PreviewAnswer, rendered: frozenset[str]) -> str:
    """Each length that changes of scenes that stay."""
    usual_s, changes = answer.question.clip_s, answer.renewal.length_changes
    lengths = [
        f"scene {change.number} from {change.before_s or usual_s:g} s "
        f"to {change.after_s or usual_s:g} s"
        for change in changes
        if (change.before_s or usual_s) != (change.after_s or usual_s)
    ]
    if not lengths:
        return ""
    clips = sum(change.scene_id in rendered for change in changes)
    old = f", and {clips} of their clips will be out of date" if clips else ""
    return f"Lengths that change: {', '.join(lengths)}{old}."


def outcome_text(renewal: Renewal, rendered: frozenset[str]) -> str:
    """What becomes of the scenes that are there."""
    kept, own, made, gone = map(len, (renewal.kept, renewal.own, renewal.made, renewal.gone))
    parts: list[str] = []
    if kept:
        parts.append(f"{kept} with the same words stay{'s' * (kept == 1)}, with clips and edits")
    if own:
        parts.append(f"{own} added by hand stay{'s' * (own == 1)}")
    if made:
        parts.append(f"{made} {_are(made)} new")
    if gone:
        clips = sum(scene_id in rendered for scene_id in renewal.gone)
        files = f", {clips} of them with clips, whose files stay" if clips else ""
        parts.append(f"{gone} {_are(gone)} removed{files}")
    return f"Of the scenes, {'; '.join(parts)}." if parts else ""


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
