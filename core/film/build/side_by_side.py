"""Several clips beside each other in one film, each under its name, all of one height."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from core.errors import AssemblyError, FFmpegFailed, TextRendererUnavailable, UnsupportedRequest
from core.film.build.encoder import explained
from core.film.build.encoding import audio_arguments, pixel_format, timescale, video_arguments
from core.film.build.export_inputs import prepare
from core.film.build.metadata import write_metadata
from core.film.model.delivery import ExportSettings, FrameFormat
from core.film.model.film import Alignment, Caption, Clip, Film
from core.film.model.timeline import nearest
from core.film.picture.assembler import rendered_text
from core.film.picture.compositing import Layer, laid_over
from core.film.picture.graph import Graph, arguments
from core.film.picture.overlays import prepare_overlays
from core.film.picture.picture import Look, counted, in_film_colours, shot_image
from core.film.sound.stems import RAW_FORMAT, Stems
from core.media.ffmpeg import run_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.film.model.timeline import Timeline
    from core.film.picture.graph import VideoStream
    from core.film.picture.text_overlays import RenderedText, TextRenderer
    from core.jobs.job import CancelToken
    from core.media.render_cache import RenderCache

_MAX_WIDTH, _MAX_HEIGHT = 1920, 1080
_MIN_CELL, _GAP = 160, 8
_LABEL = Fraction(1, 8)
_MIN_LABEL = 40
_LETTERS = 0.36
# More than that is no name of a model and no line of facts.
_MOST_LETTERS = 200
# As many lines as those letters may take in the narrowest cell; how many they do is seen then.
_ROOM_LINES = 64
# Over and under the words, by the size of their letters.
_ROOM_AROUND = 0.15
_BACKGROUND = "#101010"


@dataclass(frozen=True)
class LabelledClip:
    """A clip and the words over it: a name, and a line that may be empty."""

    path: Path
    name: str
    line: str = ""


@dataclass(frozen=True)
class Grid:
    """Where clips lie beside each other: cells of one size, row by row.

    Attributes:
        count: how many clips there are.
        width, height: of a clip in its cell, even.
        label_height: of the strip over each, for two lines of words.
    """

    count: int
    columns: int
    rows: int
    width: int
    height: int
    label_height: int

    @property
    def film_width(self) -> int:
        """Of the whole film."""
        return self.columns * self.width + (self.columns - 1) * _GAP

    @property
    def film_height(self) -> int:
        """Of the whole film."""
        return self.rows * (self.label_height + self.height) + (self.rows - 1) * _GAP

    def place(self, number: int) -> tuple[int, int]:
        """Left and top of a cell with its label, counted from 0; the last row is centred."""
        row, column = divmod(number, self.columns)
        in_row = min(self.columns, self.count - row * self.columns)
        indent = _even(Fraction((self.columns - in_row) * (self.width + _GAP), 2))
        return indent + column * (self.width + _GAP), row * (self.label_height + self.height + _GAP)


def grid_of(sizes: Sequence[tuple[int, int]]) -> Grid:
    """The grid for clips of these sizes in which each is seen as large as a screen allows.

    None is made larger than the tallest of the clips is itself.
    """
    shape = max(Fraction(width, height) for width, height in sizes)
    tallest = max(height for _, height in sizes)
    grids = [_grid(columns, len(sizes), shape, tallest) for columns in range(1, len(sizes) + 1)]
    # Of several that are as large, the one of fewest rows: what is compared lies at one height.
    return max(grids, key=lambda grid: (grid.height, grid.columns))


def _grid(columns: int, count: int, shape: Fraction, tallest: int) -> Grid:
    rows = math.ceil(count / columns)
    across = Fraction(_MAX_WIDTH - (columns - 1) * _GAP, columns)
    down = Fraction(_MAX_HEIGHT - (rows - 1) * _GAP, rows) / (1 + _LABEL)
    height = max(_MIN_CELL, _even(min(across / shape, down, Fraction(tallest))))
    label = max(_MIN_LABEL, _even(height * _LABEL))
    return Grid(count, columns, rows, max(2, _even(height * shape)), height, label)


def _even(value: Fraction) -> int:
    return 2 * nearest(value / 2)


@dataclass(frozen=True)
class SideBySide:
    """The finished film, and what there is to say about it.

    Attributes:
        audio_of: the number of the clip whose sound it has, from 0; None of a silent film.
    """

    path: Path
    audio_of: int | None
    notes: tuple[str, ...]


def make_side_by_side(
    clips: Sequence[LabelledClip],
    destination: Path,
    store: RenderCache,
    text_renderer: TextRenderer | None,
    cancel: CancelToken,
    *,
    audio_of: int | None = None,
    is_silent: bool = False,
    on_progress: Callable[[float], None] = lambda _: None,
) -> SideBySide:
    """Write the film: as long as the longest clip, the last frame of the others held.

    Args:
        clips: at least one.
        destination: the MP4 file, in a folder for this work alone.
        store: keeps what is found in clips.
        text_renderer: draws the names; without one they are left out and told.
        cancel: the wish to stop.
        audio_of: whose sound it has, from 0; None for the first that has any.
        is_silent: none of them is heard.
        on_progress: gets the share of the frames that is written.

    Raises:
        UnsupportedRequest: a clip cannot be read.
        AssemblyError: it cannot be made.
        JobCancelled: asked to stop.
    """
    workdir = destination.parent
    timeline = _timeline(clips, store, cancel)
    facts = [shot.source.facts for shot in timeline.shots]
    grid = grid_of([(nearest(one.width * one.sample_aspect), one.height) for one in facts])
    rate = max(min(one.rate, Fraction(60)) for one in facts)
    settings = ExportSettings(
        frame=FrameFormat(width=grid.width, height=grid.height, rate=rate), is_marked_ai=True
    )
    timeline = _timeline(clips, store, cancel, settings)
    labels = _labels(clips, grid, text_renderer, workdir / "labels", cancel)
    grid, notes = replace(grid, label_height=labels.height), labels.notes
    if audio_of is not None and facts[audio_of].audio_index is None:
        notes = (*notes, f"{clips[audio_of].name} has no sound, so the film is silent.")
        audio_of = None
    elif audio_of is None and not is_silent:
        audio_of = next((at for at, one in enumerate(facts) if one.audio_index is not None), None)
    longest = max(shot.num_frames for shot in timeline.shots)
    image = _image(timeline, grid, longest, labels.texts, store, workdir, cancel)
    options = {**video_arguments(settings, timeline.rate), "frames:v": longest}
    silent = workdir / "silent.mp4"
    try:
        run_ffmpeg(
            arguments(image, str(silent), options),
            cancel,
            lambda done: on_progress(min(1.0, done / longest)),
        )
        _finish(timeline, settings, longest, silent, destination, audio_of, store, cancel)
    except FFmpegFailed as error:
        raise explained(error, "The film of the clips cannot be made", workdir) from error
    if not destination.is_file():
        raise AssemblyError("The film of the clips cannot be made: FFmpeg wrote nothing.")
    return SideBySide(destination, audio_of, notes)


def _timeline(
    clips: Sequence[LabelledClip],
    store: RenderCache,
    cancel: CancelToken,
    settings: ExportSettings | None = None,
) -> Timeline:
    """The clips as a film would show them one after the other."""
    film = Film(
        clips=tuple(Clip(path=clip.path, title=clip.name) for clip in clips),
        background=_BACKGROUND,
        title="Comparison",
    )
    return prepare(film, settings or ExportSettings(), store, cancel)


@dataclass(frozen=True)
class _Labels:
    """The words over the clips: images in strips of one height; none where nobody draws them."""

    height: int
    texts: tuple[RenderedText, ...] = ()
    notes: tuple[str, ...] = ()


def _labels(
    clips: Sequence[LabelledClip],
    grid: Grid,
    text_renderer: TextRenderer | None,
    folder: Path,
    cancel: CancelToken,
) -> _Labels:
    """The words whole, broken into lines as narrow cells need, in strips as high as the most."""
    if text_renderer is None:
        note = "The film has no names over its clips: nothing here draws words."
        return _Labels(grid.label_height, notes=(note,))
    letters = round(_LETTERS * grid.label_height)
    room = _ROOM_LINES * letters
    captions = [_caption(clip, letters / room) for clip in clips]
    try:
        drawn = text_renderer.draw(captions, grid.width, room, folder, cancel)
    except (TextRendererUnavailable, UnsupportedRequest) as error:
        note = f"The film has no names over its clips. {error.message}"
        return _Labels(grid.label_height, notes=(note,))
    # Imported late: few runs of the program draw labels.
    from PIL import Image

    middle = room // 2
    reach = 0
    for text in drawn.rendered_texts:
        with Image.open(text.path) as image:
            reach = max(reach, middle - text.y, text.y + image.height - middle)
    height = max(grid.label_height, 2 * math.ceil(reach + _ROOM_AROUND * letters))
    texts = tuple(replace(text, y=text.y - middle + height // 2) for text in drawn.rendered_texts)
    return _Labels(height, texts, drawn.notes)


def _caption(clip: LabelledClip, size: float) -> Caption:
    # No line begins with the dot that stands between two facts.
    lines = [
        _shortened(line).replace(" ·", "\N{NO-BREAK SPACE}·") for line in (clip.name, clip.line)
    ]
    return Caption(
        text="\n".join(filter(None, lines)),
        size=size,
        outline=0,
        place=Alignment.CENTRE,
        margin=0.02,
    )


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1].rstrip()}…"


def _image(
    timeline: Timeline,
    grid: Grid,
    length: int,
    labels: Sequence[RenderedText],
    store: RenderCache,
    workdir: Path,
    cancel: CancelToken,
) -> VideoStream:
    """All clips in their cells, each with its last frame for as long as the others go on."""
    form = pixel_format(ExportSettings())
    overlays = prepare_overlays(timeline, Look(form), None, workdir / "colours", cancel)
    graph = Graph()
    cells = [shot_image(graph, timeline, shot, 0, length, overlays.look) for shot in timeline.shots]
    colour = f"0x{_BACKGROUND.removeprefix('#')}"
    # The first cell becomes the whole frame, and the others are laid on it.
    whole = cells[0].filter("pad", grid.film_width, grid.film_height, 0, grid.label_height, colour)
    layers: list[Layer] = []
    for number, cell in enumerate(cells):
        x, y = grid.place(number)
        if number:
            layers.append(Layer(cell, x, y + grid.label_height))
        if number < len(labels):
            label = labels[number]
            layers.append(Layer(rendered_text(graph, label, form), x + label.x, y + label.y))
    image = in_film_colours(laid_over(whole, layers, form), form)
    return counted(image.filter("trim", end_frame=length), timeline.rate)


def _finish(
    timeline: Timeline,
    settings: ExportSettings,
    length: int,
    silent: Path,
    destination: Path,
    audio_of: int | None,
    store: RenderCache,
    cancel: CancelToken,
) -> None:
    """Put the pictures, one of the sounds, and what the file says about itself into one file."""
    workdir = destination.parent
    words = ["-i", str(silent)]
    maps = ["-map", "0:v", "-c:v", "copy"]
    if audio_of is not None:
        stem = Stems(store, cancel).of_shot(timeline, timeline.shots[audio_of])
        words += [*RAW_FORMAT, "-i", str(stem.path)]
        seconds = f"{float(length / timeline.rate):.6f}"
        maps += ["-map", "1:a", "-af", f"apad,atrim=end={seconds}", *audio_arguments(settings)]
    metadata = write_metadata(timeline, settings, workdir / "film.ffmetadata")
    number = 1 if audio_of is None else 2
    words += ["-f", "ffmetadata", "-i", str(metadata)]
    maps += ["-map_metadata", str(number), "-movflags", "+faststart"]
    maps += ["-video_track_timescale", str(timescale(timeline.rate))]
    run_ffmpeg([*words, *maps, str(destination)], cancel)
