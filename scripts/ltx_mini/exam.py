"""Puts questions to a renderer, has the analyser read the clips, and counts what is right."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from scipy import ndimage

from scripts.ltx_mini.world import draw
from tests.ltx_mini_analyser import Seen, analyse, is_place_visible, on_event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from scripts.ltx_mini.questions import Question
    from scripts.ltx_mini.renderers import Clip, Renderer

NEEDED = 0.9
ATTRIBUTES = (*(seen.name for seen in fields(Seen)), "sound")
_PEAK = 255.0


@dataclass(frozen=True)
class Miss:
    """An attribute that came out wrong."""

    caption: str
    attribute: str
    asked: str
    got: str


@dataclass
class Count:
    """How often an attribute was asked for, and how often it came out right."""

    asked: int = 0
    right: int = 0

    @property
    def share(self) -> float:
        """The share that is right; an attribute that nobody asked for is not right."""
        return self.right / self.asked if self.asked else 0.0


@dataclass
class Marks:
    """The counts for each attribute, and every miss."""

    counts: dict[str, Count] = field(
        default_factory=lambda: {attribute: Count() for attribute in ATTRIBUTES}
    )
    misses: list[Miss] = field(default_factory=list[Miss])

    def judge(self, question: Question, clip: Clip) -> None:
        """Compare one clip with what its caption says, or by saying nothing means."""
        seen = asdict(analyse(clip.frames)) | {"sound": on_event(clip.samples, clip.rate_hz)}
        scene = question.scene
        for attribute in ATTRIBUTES:
            asked, got = getattr(scene, attribute), seen[attribute]
            if attribute == "setting" and not question.says_setting:
                continue
            if attribute == "place" and not is_place_visible(asked, scene.motion):
                continue
            self.counts[attribute].asked += 1
            self.counts[attribute].right += got == asked
            if got != asked:
                self.misses.append(Miss(question.caption, attribute, asked, got))


@dataclass(frozen=True)
class Kept:
    """How well a clip's first frame keeps the given picture."""

    psnr_db: float
    ssim: float


@dataclass(frozen=True)
class Results:
    """Everything that was measured."""

    from_text: Marks
    from_image: Marks
    kept: tuple[Kept, ...]
    first_s: float
    warm_s: float
    examples: tuple[tuple[Question, Clip], ...]

    @property
    def weakest(self) -> float:
        """The lowest share of all attributes of clips made from text."""
        return min(count.share for count in self.from_text.counts.values())

    @property
    def median_psnr_db(self) -> float:
        """How close first frames are to the given pictures."""
        return statistics.median(kept.psnr_db for kept in self.kept) if self.kept else 0.0

    @property
    def median_ssim(self) -> float:
        """How alike first frames and given pictures are, 0 to 1."""
        return statistics.median(kept.ssim for kept in self.kept) if self.kept else 0.0


def examine(
    renderer: Renderer,
    from_text: Sequence[Question],
    from_image: Sequence[Question],
    tell: Callable[[str], None],
    *,
    num_examples: int = 12,
) -> Results:
    """Ask all questions; those of `from_image` come with the first picture of their scene."""
    marks, marks_of_images, kept = Marks(), Marks(), []
    seconds: list[float] = []
    examples: list[tuple[Question, Clip]] = []
    usual = (from_text[0].width, from_text[0].height, from_text[0].num_frames)
    for number, question in enumerate(from_text, 1):
        clip = renderer.render(question)
        marks.judge(question, clip)
        if (question.width, question.height, question.num_frames) == usual:
            seconds.append(clip.seconds)
            if len(examples) < num_examples:
                examples.append((question, clip))
        tell(f"{number} of {len(from_text)} from text, {len(marks.misses)} misses")
    with tempfile.TemporaryDirectory() as folder:
        for number, question in enumerate(from_image, 1):
            given = draw(question.scene, question.width, question.height, question.num_frames, [0])
            image = Path(folder) / f"{number}.png"
            Image.fromarray(given[0]).save(image)
            clip = renderer.render(question, image)
            marks_of_images.judge(question, clip)
            kept.append(compare(given[0], clip.frames[0]))
            tell(f"{number} of {len(from_image)} from a picture")
    return Results(
        from_text=marks,
        from_image=marks_of_images,
        kept=tuple(kept),
        first_s=seconds[0],
        warm_s=statistics.median(seconds[1:] or seconds),
        examples=tuple(examples),
    )


def compare(given: NDArray[np.uint8], made: NDArray[np.uint8]) -> Kept:
    """PSNR over all colours, and SSIM of the brightness in windows of 11 pixels."""
    one, two = given.astype(np.float64), made.astype(np.float64)
    error = float(np.mean((one - two) ** 2))
    psnr_db = 10 * np.log10(_PEAK**2 / max(error, 1e-3))
    return Kept(float(psnr_db), _ssim(one.mean(axis=-1), two.mean(axis=-1)))


def _ssim(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    def around(picture: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(ndimage.gaussian_filter(picture, 1.5, truncate=3.5))

    mean_one, mean_two = around(one), around(two)
    spread_one = around(one * one) - mean_one**2
    spread_two = around(two * two) - mean_two**2
    shared = around(one * two) - mean_one * mean_two
    c1, c2 = (0.01 * _PEAK) ** 2, (0.03 * _PEAK) ** 2
    alike = (2 * mean_one * mean_two + c1) * (2 * shared + c2)
    return float(
        np.mean(alike / ((mean_one**2 + mean_two**2 + c1) * (spread_one + spread_two + c2)))
    )
