"""What a film is made of, as a person asks for it: clips, cuts, music, titles; in seconds."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from core.errors import first_of
from core.film.model.scan import Deinterlace
from core.film.model.transitions import NONE
from core.frozen import Frozen
from core.platform.text_files import known_encoding

if TYPE_CHECKING:
    from collections.abc import Sequence

Seconds = float
MIN_SPEED, MAX_SPEED = 0.1, 10.0
MIN_VOLUME_DB, MAX_VOLUME_DB = -60.0, 24.0
MAX_STILL_S = 3600.0
_SHOWN_PROBLEMS = 5
_COLOUR = r"^#[0-9a-fA-F]{6}$"


MAX_CAPTIONS = 3000
"""About as many as the subtitles of a film of three hours, each drawn by itself."""
MAX_CAPTION_LETTERS, MAX_CAPTION_LINES = 2000, 50
_MAX_FONT_LETTERS = 100


class Fit(StrEnum):
    """How a picture of another shape fills the frame."""

    FIT = "fit"
    FILL = "fill"
    STRETCH = "stretch"
    BLUR = "blur"


class Alignment(StrEnum):
    """Where on the picture something stands."""

    TOP_LEFT = "top-left"
    TOP = "top"
    TOP_RIGHT = "top-right"
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM = "bottom"
    BOTTOM_RIGHT = "bottom-right"

    @property
    def across(self) -> float:
        """How much of the free room lies to the left: 0, a half or 1."""
        return 0.0 if "left" in self else 1.0 if "right" in self else 0.5

    @property
    def down(self) -> float:
        """How much of the free room lies above: 0, a half or 1."""
        return 0.0 if "top" in self else 1.0 if "bottom" in self else 0.5


class Transition(Frozen):
    """How one clip gives way to the next; `kind` is a name of `core.film.model.transitions`."""

    kind: str = NONE
    duration_s: Seconds = Field(default=0.5, ge=0)


class Clip(Frozen):
    """One use of a clip in the film.

    Attributes:
        title: names the scene, in chapters and for other programs.
        start_s: where it begins, counted in the clip as it lies on disk.
        end_s: where it ends there; None for its end.
        transition: from the clip before; None for the film's usual one.
        fit: None for the film's.
        still_s: how long it is held where it is a photo; None for the film's.
        video_track: which of its pictures is seen, counted from 1; None for the likeliest.
        audio_track: the same for its sound.
        deinterlace: None for the film's.
    """

    path: Path
    title: str = ""
    start_s: Seconds = Field(default=0.0, ge=0)
    end_s: Seconds | None = Field(default=None, gt=0)
    speed: float = Field(default=1.0, ge=MIN_SPEED, le=MAX_SPEED)
    volume_db: float = Field(default=0.0, ge=MIN_VOLUME_DB, le=MAX_VOLUME_DB)
    is_muted: bool = False
    transition: Transition | None = None
    fit: Fit | None = None
    still_s: Seconds | None = Field(default=None, gt=0, le=MAX_STILL_S)
    video_track: int | None = Field(default=None, ge=1)
    audio_track: int | None = Field(default=None, ge=1)
    deinterlace: Deinterlace | None = None


class Music(Frozen):
    """A piece of music under the film.

    Attributes:
        start_s: when in the film it begins.
        offset_s: from which moment of the piece.
        end_s: when in the film it ends at the latest; None for the film's end.
        duck_db: how much quieter it gets while a clip makes a sound; 0 for never.
    """

    path: Path
    volume_db: float = Field(default=0.0, ge=MIN_VOLUME_DB, le=MAX_VOLUME_DB)
    start_s: Seconds = Field(default=0.0, ge=0)
    offset_s: Seconds = Field(default=0.0, ge=0)
    end_s: Seconds | None = Field(default=None, gt=0)
    is_looped: bool = False
    fade_in_s: Seconds = Field(default=0.0, ge=0)
    fade_out_s: Seconds = Field(default=0.0, ge=0)
    duck_db: float = Field(default=0.0, ge=0, le=60)


class Caption(Frozen):
    """Words on the picture from `start_s` to `end_s` (None: to the film's end).

    Attributes:
        font: a family name; empty for the font that the program brings.
        size: height of the letters' em square as a share of the picture's height.
        outline: width of the outline as a share of the letters' size; 0 for none.
        margin: share of the picture's height and width that stays free at each edge.
    """

    text: str
    start_s: Seconds = Field(default=0.0, ge=0)
    end_s: Seconds | None = Field(default=None, gt=0)
    font: str = ""
    size: float = Field(default=0.07, gt=0, le=1)
    colour: str = Field(default="#ffffff", pattern=_COLOUR)
    outline_colour: str = Field(default="#000000", pattern=_COLOUR)
    outline: float = Field(default=0.08, ge=0, le=0.5)
    place: Alignment = Alignment.BOTTOM
    margin: float = Field(default=0.05, ge=0, le=0.4)
    fade_in_s: Seconds = Field(default=0.0, ge=0)
    fade_out_s: Seconds = Field(default=0.0, ge=0)


def caption_problems(captions: Sequence[Caption]) -> list[str]:
    """Why texts cannot be drawn; drawing what is refused here would take minutes."""
    problems: list[str] = []
    if len(captions) > MAX_CAPTIONS:
        problems.append(
            f"The film has {len(captions):,} texts and subtitles to draw, and at most "
            f"{MAX_CAPTIONS:,} can be drawn. Use fewer, or the subtitles as a track."
        )
    for number, caption in enumerate(captions[:MAX_CAPTIONS], start=1):
        if why := too_much_to_draw(caption.text):
            problems.append(f"Text {number} {why}. Write less, or divide it.")
        if len(caption.font) > _MAX_FONT_LETTERS:
            problems.append(
                f"The font of text {number} has a name of {len(caption.font):,} letters; at most "
                f"{_MAX_FONT_LETTERS} are allowed. Choose a font that is installed."
            )
    return first_of(problems, _SHOWN_PROBLEMS, "{:,} more texts are too long as well.")


def too_much_to_draw(text: str) -> str:
    """Why words are too many for a picture, as the end of a sentence; empty where they are not."""
    lines = text.count("\n") + 1
    if len(text) > MAX_CAPTION_LETTERS:
        return f"has {len(text):,} letters, and at most {MAX_CAPTION_LETTERS:,} are drawn"
    if lines > MAX_CAPTION_LINES:
        return f"has {lines:,} lines, and at most {MAX_CAPTION_LINES} are drawn"
    return ""


class Subtitles(Frozen):
    """Subtitles (SRT, VTT, ASS): drawn on the picture, or as a track to be switched on.

    Attributes:
        encoding: of the file, where it is not Unicode and somebody knows it; None to tell it.
    """

    path: Path
    mode: Literal["burn", "track"] = "burn"
    encoding: str | None = None

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, name: str | None) -> str | None:
        if name is None:
            return None
        known = known_encoding(name)
        if known is None:
            raise ValueError(f"there is no encoding {name[:40]!r}. Such as: gbk, shift_jis, cp1251")
        return known


class Lut(Frozen):
    """A .cube colour table; `strength` 0 leaves the picture alone, 1 applies all of it."""

    path: Path
    strength: float = Field(default=1.0, ge=0, le=1)


class Watermark(Frozen):
    """A picture on the picture; `size` and `margin` are shares of the film's width."""

    path: Path
    place: Alignment = Alignment.BOTTOM_RIGHT
    size: float = Field(default=0.15, gt=0, le=1)
    opacity: float = Field(default=0.8, ge=0, le=1)
    margin: float = Field(default=0.03, ge=0, le=0.4)


class Film(Frozen):
    """A whole film: what is in it, whatever file it becomes.

    Attributes:
        transition: between clips that name none of their own.
        deinterlace: what is done with clips of two fields a frame.
        clip_volume_db: added to every clip's own volume.
        has_clip_sound: False mutes every clip.
        still_s: how long photos among the clips are held that say nothing of their own.
        has_chapters: a chapter for each clip.
        title: kept in the file.
    """

    clips: tuple[Clip, ...]
    transition: Transition = Transition()
    fit: Fit = Fit.FIT
    still_s: Seconds = Field(default=4.0, gt=0, le=MAX_STILL_S)
    deinterlace: Deinterlace = Deinterlace.AUTO
    background: str = Field(default="#000000", pattern=_COLOUR)
    clip_volume_db: float = Field(default=0.0, ge=MIN_VOLUME_DB, le=MAX_VOLUME_DB)
    has_clip_sound: bool = True
    music: tuple[Music, ...] = ()
    captions: tuple[Caption, ...] = ()
    subtitles: Subtitles | None = None
    lut: Lut | None = None
    watermark: Watermark | None = None
    has_chapters: bool = False
    title: str = ""
