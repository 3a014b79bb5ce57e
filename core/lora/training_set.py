"""What a LoRA learns from: images and clips with captions, listed, looked at, brought to size."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from core.errors import Problem, UnreadableClip, UnsupportedRequest
from core.frozen import Frozen
from core.media.images import read_rgb_image
from core.media.source_clip import VideoFacts, read_video_facts
from core.platform.files import read_plain_file, write_text_atomically
from core.platform.suggestions import file_guess
from core.platform.units import count_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.jobs.job import CancelToken

SET_FIELD = "set"
"""The field of a problem that lies in the set."""
MANIFEST_SUFFIXES = (".csv", ".jsonl")
_IMAGES = frozenset((".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".avif"))
_CLIPS = frozenset((".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg"))
_CAPTION_SUFFIX = ".txt"
_PATH, _CAPTION = "path", "caption"
# What other programs call these columns.
_COLUMNS = {
    _PATH: _PATH,
    "file": _PATH,
    "file_name": _PATH,
    "media_path": _PATH,
    "video_path": _PATH,
    "image_path": _PATH,
    "video": _PATH,
    "image": _PATH,
    _CAPTION: _CAPTION,
    "text": _CAPTION,
    "prompt": _CAPTION,
}
_MOST_CAPTION_BYTES = 100_000
_MOST_MANIFEST_BYTES = 50_000_000
_FEWEST = 2
# From here on every so many-th item is held back, to see whether more is learned than by heart.
_FEWEST_TO_HOLD_BACK, _HOLD_BACK_EVERY = 10, 10
_MOST_HELD_BACK = 8
# What is blown up to more than so many times its size teaches how blown-up pictures look.
_MOST_ENLARGED = 2.0


@dataclass(frozen=True)
class Captioned:
    """A media file and what is said of it."""

    path: Path
    caption: str


@dataclass(frozen=True)
class TrainingList:
    """What a set names, before any of it was looked at.

    Attributes:
        name: of the set, in sentences and as the LoRA's usual name.
        source: the folder, manifest or project.
        problems: everything that is wrong with how it is written down.
    """

    name: str
    source: Path
    entries: tuple[Captioned, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bucket:
    """A size and length that items are brought to; 1 frame for images."""

    width: int
    height: int
    num_frames: int

    def __str__(self) -> str:
        if self.num_frames == 1:
            return f"{self.width}x{self.height}"
        return f"{self.width}x{self.height} with {count_text(self.num_frames, 'frame')}"


class TrainingItem(Frozen):
    """One image or clip of a set, as it is learned.

    Attributes:
        sha256: of the file when it was looked at.
        is_held_back: it is never learned, only asked about.
    """

    path: Path
    caption: str
    bucket: Bucket
    sha256: str = ""
    is_held_back: bool = False

    @property
    def is_image(self) -> bool:
        """Whether it is a picture that stands still."""
        return self.bucket.num_frames == 1


@dataclass(frozen=True)
class Sizes:
    """What a model learns at.

    Attributes:
        sizes: (width, height) of one resolution.
        lengths: in frames, the longest first; without the 1 of images.
        fps: at which clips are read.
    """

    sizes: tuple[tuple[int, int], ...]
    lengths: tuple[int, ...]
    fps: int


@dataclass
class _Looked:
    """What looking at a set has shown so far."""

    items: list[TrainingItem] = field(default_factory=list[TrainingItem])
    problems: list[Problem] = field(default_factory=list[Problem])
    enlarged: int = 0
    cut_off: int = 0


@dataclass(frozen=True)
class TrainingSet:
    """A set that can be learned, and what there is to say about how it is used."""

    items: tuple[TrainingItem, ...]
    notes: tuple[str, ...]


def list_training_set(source: Path) -> TrainingList:
    """What a folder with captions beside its media, or a manifest, names; never raises."""
    source = source.expanduser().absolute()
    try:
        if source.is_dir():
            return _list_folder(source)
        if source.suffix.casefold() in MANIFEST_SUFFIXES and source.exists():
            return _list_manifest(source)
    except OSError as error:
        return _unusable(source, f"{str(source)!r} cannot be read: {error.strerror}.")
    if source.exists():
        return _unusable(
            source,
            f"{str(source)!r} is no set to learn from. Name a folder of images and clips with a "
            f"{_CAPTION_SUFFIX} file beside each, a {' or '.join(MANIFEST_SUFFIXES)} manifest, or "
            "a project.",
        )
    return _unusable(source, f"There is nothing at {str(source)!r}.{file_guess(source)}")


def write_manifest(listed: TrainingList, path: Path) -> None:
    """Write a set as a JSONL manifest, its paths from the manifest's own folder where they can.

    Raises:
        OSError: it cannot be written.
    """
    folder = path.absolute().parent
    lines: list[str] = []
    for entry in listed.entries:
        inside = entry.path.is_relative_to(folder)
        shown = entry.path.relative_to(folder).as_posix() if inside else str(entry.path)
        lines.append(json.dumps({_PATH: shown, _CAPTION: entry.caption}, ensure_ascii=False))
    write_text_atomically(path, "\n".join([*lines, ""]))


def look_at_set(listed: TrainingList, sizes: Sizes, cancel: CancelToken) -> TrainingSet:
    """The items of a set, each with the size and length at which it is learned.

    Raises:
        UnsupportedRequest: with everything that is wrong with the set.
        JobCancelled: asked to stop.
    """
    found = _Looked(problems=list(listed.problems))
    for entry in listed.entries:
        cancel.check()
        _look_at(entry, sizes, found)
    if len(listed.entries) < _FEWEST and not listed.problems:
        count = len(listed.entries)
        holds = "nothing to learn from" if count == 0 else "a single item"
        found.problems.append(
            _problem(
                f"{listed.name!r} holds {holds}. A LoRA needs {_FEWEST} images or clips at least; "
                "15 to 50 are usual."
            )
        )
    if found.problems:
        raise UnsupportedRequest(found.problems)
    return TrainingSet(_with_held_back(found.items), (*listed.notes, *_notes(found, sizes)))


def _list_folder(folder: Path) -> TrainingList:
    entries: list[Captioned] = []
    problems: list[Problem] = []
    others = 0
    for path in sorted(folder.iterdir()):
        kind = path.suffix.casefold()
        if kind not in _IMAGES | _CLIPS or not path.is_file():
            others += kind != _CAPTION_SUFFIX and path.is_file() and not path.name.startswith(".")
            continue
        beside = path.with_suffix(_CAPTION_SUFFIX)
        try:
            caption = read_plain_file(beside, _MOST_CAPTION_BYTES).decode("utf-8-sig")
        except FileNotFoundError:
            problems.append(
                _problem(f"{path.name!r} has no caption. Describe it in {beside.name!r} beside it.")
            )
            continue
        except (OSError, UnicodeError) as error:
            problems.append(_problem(f"The caption {beside.name!r} cannot be read: {error}."))
            continue
        entries.append(Captioned(path, caption))
    notes = [f"Files that are no images or clips are left out: {others}."] if others else []
    return TrainingList(folder.name, folder, tuple(entries), tuple(problems), tuple(notes))


def _list_manifest(path: Path) -> TrainingList:
    try:
        text = read_plain_file(path, _MOST_MANIFEST_BYTES).decode("utf-8-sig")
    except UnicodeError as error:
        return _unusable(path, f"{path.name!r} is no UTF-8 text: {error}.")
    problems: list[Problem] = []
    rows = _csv_rows(text) if path.suffix.casefold() == ".csv" else _jsonl_rows(text, problems)
    unknown = dict.fromkeys(name for _, row in rows for name in row if name not in _COLUMNS)
    if unknown:
        names = ", ".join(map(repr, unknown))
        problems.append(
            _problem(
                f"{path.name!r} has columns that are not known: {names}. It takes 'path' and "
                "'caption'; take the others out."
            )
        )
    entries: list[Captioned] = []
    for number, row in rows:
        named = {_COLUMNS[name]: value for name, value in row.items() if name in _COLUMNS}
        if not named.get(_PATH):
            problems.append(_problem(f"Line {number} of {path.name!r} names no file in 'path'."))
            continue
        media = path.parent / Path(named[_PATH]).expanduser()
        entries.append(Captioned(media, named.get(_CAPTION, "")))
    return TrainingList(path.stem, path, tuple(entries), tuple(problems))


def _csv_rows(text: str) -> list[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(StringIO(text), restkey="", restval="")
    return [
        (reader.line_num, {(name or "").strip(): _text(value) for name, value in row.items()})
        for row in reader
    ]


def _jsonl_rows(text: str, problems: list[Problem]) -> list[tuple[int, dict[str, str]]]:
    rows: list[tuple[int, dict[str, str]]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            stored: Any = json.loads(line)
        except (ValueError, RecursionError):
            stored = None
        if isinstance(stored, dict):
            fields = cast("Mapping[str, object]", stored)
            rows.append((number, {str(name): _text(value) for name, value in fields.items()}))
        else:
            problems.append(_problem(f"Line {number} is no JSON object."))
    return rows


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _look_at(entry: Captioned, sizes: Sizes, found: _Looked) -> None:
    name = repr(entry.path.name)
    caption = " ".join(entry.caption.split())
    if not caption:
        found.problems.append(_problem(f"The caption of {name} is empty. Say what is to be seen."))
    try:
        facts = _facts_of(entry.path)
    except UnsupportedRequest as error:
        found.problems += [_problem(problem.message) for problem in error.problems]
        return
    except UnreadableClip as error:
        found.problems.append(_problem(str(error)))
        return
    except OSError as error:
        reason = error.strerror or str(error)
        found.problems.append(_problem(f"{str(entry.path)!r} cannot be read: {reason}."))
        return
    is_image = entry.path.suffix.casefold() in _IMAGES
    frames = 1 if is_image else facts.frames_at(sizes.fps)
    lengths = (1,) if is_image else tuple(one for one in sizes.lengths if one <= frames)
    if not lengths:
        found.problems.append(
            _problem(
                f"The clip {name} has {count_text(frames, 'frame')} at {sizes.fps} fps, and the "
                f"shortest that can be learned has {min(sizes.lengths)}. Take it out, or a frame "
                "of it instead."
            )
        )
        return
    width, height = _nearest_shape(facts.width / facts.height, sizes.sizes)
    enlarged = max(width / facts.width, height / facts.height)
    if enlarged > _MOST_ENLARGED:
        found.problems.append(
            _problem(
                f"{name} has {facts.size}, less than half of the {width}x{height} that it is "
                "learned at. Use a larger copy or a lower resolution."
            )
        )
        return
    found.enlarged += enlarged > 1
    found.cut_off += not is_image and lengths[0] < frames
    bucket = Bucket(width=width, height=height, num_frames=lengths[0])
    found.items.append(TrainingItem(path=entry.path, caption=caption, bucket=bucket))


def _facts_of(path: Path) -> VideoFacts:
    if path.suffix.casefold() not in _IMAGES:
        if not path.exists():
            raise UnsupportedRequest([_problem(f"There is no clip at {str(path)!r}.")])
        return read_video_facts(path)
    width, height = read_rgb_image(path, "image", SET_FIELD).image.size
    return VideoFacts(width, height, 1, None, 0.0, has_audio=False)


def _nearest_shape(aspect: float, sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The size of which least of a picture is cut off."""
    return min(sizes, key=lambda size: max(aspect * size[1] / size[0], size[0] / size[1] / aspect))


def _with_held_back(items: list[TrainingItem]) -> tuple[TrainingItem, ...]:
    if len(items) < _FEWEST_TO_HOLD_BACK:
        return tuple(items)
    held = set(range(0, len(items), _HOLD_BACK_EVERY)[:_MOST_HELD_BACK])
    return tuple(
        item.model_copy(update={"is_held_back": number in held})
        for number, item in enumerate(items)
    )


def _notes(found: _Looked, sizes: Sizes) -> list[str]:
    notes: list[str] = []
    longest_s = max(sizes.lengths) / sizes.fps
    if found.enlarged:
        notes.append(f"Smaller than what is learned, and enlarged: {found.enlarged}.")
    if found.cut_off:
        notes.append(
            f"Clips of which only the beginning is learned, at most {longest_s:.1f} s: "
            f"{found.cut_off}."
        )
    if len(found.items) < _FEWEST_TO_HOLD_BACK:
        notes.append(
            "The set is too small to hold anything back, so the validation loss is measured on "
            "what is learned."
        )
    return notes


def _unusable(source: Path, message: str) -> TrainingList:
    return TrainingList(source.stem or str(source), source, problems=(_problem(message),))


def _problem(message: str) -> Problem:
    return Problem(SET_FIELD, message)
