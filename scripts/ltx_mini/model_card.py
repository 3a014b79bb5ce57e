"""The parts of LTX Mini's model card that are written by a program: words, parts, figures."""

from __future__ import annotations

import json
import math
import struct
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from providers.ltx_video.mini.vocabulary import PHRASES, Attribute
from scripts.ltx_mini.exam import ATTRIBUTES, NEEDED
from scripts.markdown import markdown_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from scripts.ltx_mini.exam import Marks, Results

_SHOTS = 6
_GAP = 4
_LINE = 16
_PAPER, _INK = (250, 250, 250), (30, 30, 30)
_UNSAID = {
    Attribute.SIZE: "medium",
    Attribute.MOTION: "at rest",
    Attribute.PLACE: "the middle",
    Attribute.CAMERA: "holds still",
    Attribute.AUDIO: "silence",
}


def words_table() -> str:
    """Everything that a caption can say, and what it means to say nothing."""
    rows = [
        (
            attribute.value,
            ", ".join(_plain(value) for value in values),
            _UNSAID.get(attribute, "the seed decides"),
        )
        for attribute, values in PHRASES.items()
    ]
    return markdown_table(("attribute", "values", "when nothing is said"), rows)


def parts_table(folder: Path) -> str:
    """Class, number of weights and size on disk of every part of the pipeline."""
    index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    rows: list[tuple[str, str, str, str]] = []
    total_weights = total_bytes = 0
    for part, entry in sorted(index.items()):
        files = sorted((folder / part).rglob("*.safetensors"))
        if not isinstance(entry, list) or not files:
            continue
        weights = sum(map(_weights_in, files))
        size_bytes = sum(file.stat().st_size for file in files)
        total_weights, total_bytes = total_weights + weights, total_bytes + size_bytes
        rows.append((part, str(entry[1]), f"{weights:,}", f"{size_bytes / 1e6:.1f} MB"))
    rows.append(("together", "", f"{total_weights:,}", f"{total_bytes / 1e6:.1f} MB"))
    return markdown_table(("part", "class", "weights", "on disk"), rows)


def _weights_in(file: Path) -> int:
    with file.open("rb") as opened:
        (length,) = struct.unpack("<Q", opened.read(8))
        header = json.loads(opened.read(length))
    return sum(math.prod(entry["shape"]) for name, entry in header.items() if name[:2] != "__")


def figures_text(results: Results) -> str:
    """The tables of what was measured."""
    text, image = results.from_text, results.from_image
    rows = [
        (attribute, *_cells(text, attribute), *_cells(image, attribute)) for attribute in ATTRIBUTES
    ]
    head = ("attribute", "asked", "right", "share", "asked (image)", "right (image)", "share ")
    lines = [markdown_table(head, rows, has_numbers=True), ""]
    if results.kept:
        worst = min(kept.psnr_db for kept in results.kept)
        lines.append(
            f"Image-to-video, first frame against the given picture ({len(results.kept)} clips): "
            f"PSNR {results.median_psnr_db:.1f} dB (worst {worst:.1f} dB), "
            f"SSIM {results.median_ssim:.3f}; medians, read back from the MP4 file."
        )
    lines.append(
        f"Seconds for the usual clip: {results.first_s:.1f} with starting the engine, "
        f"{results.warm_s:.1f} when it is warm (median)."
    )
    verdict = "reached" if results.weakest >= NEEDED else "not reached"
    lines.append(
        f"The goal, {NEEDED:.0%} of every attribute of clips made from text, is {verdict}: "
        f"the weakest has {results.weakest:.1%}."
    )
    return "\n".join(lines)


def _cells(marks: Marks, attribute: str) -> tuple[str, str, str]:
    count = marks.counts[attribute]
    if not count.asked:
        return "0", "0", "–"
    return str(count.asked), str(count.right), f"{count.share:.1%}"


def contact_sheet(examples: Sequence[tuple[str, NDArray[np.uint8]]]) -> Image.Image:
    """A picture with a row of frames for every clip, its words above it."""
    width = max(frames.shape[2] for _, frames in examples)
    height = max(frames.shape[1] for _, frames in examples)
    row_height = height + _LINE + 2 * _GAP
    size = (_SHOTS * (width + _GAP) + _GAP, len(examples) * row_height + _GAP)
    sheet = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(sheet)
    for row, (words, frames) in enumerate(examples):
        top = _GAP + row * row_height
        pen.text((_GAP, top), words, fill=_INK)
        for column in range(_SHOTS):
            frame = frames[column * (len(frames) - 1) // (_SHOTS - 1)]
            place = (_GAP + column * (width + _GAP), top + _LINE)
            sheet.paste(Image.fromarray(frame), place)
    return sheet


def _plain(value: str) -> str:
    return value.removeprefix("place_").removeprefix("move_").replace("_", " ")
