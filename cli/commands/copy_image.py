"""`copy-image`: an image as PNG, JPEG or WebP for other people, with its settings or without."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

import core
from cli.context import JsonOption, context_of
from cli.signals import EXIT_DONE
from core.errors import OutputError, Problem, UnsupportedRequest
from core.media.output import file_problems
from core.metadata.ai_marks import SourceType, read_marks
from core.metadata.file_settings import write_parameters
from core.metadata.image_copy import FORMATS, QUALITY, CopyText, copy_image
from core.metadata.reading import read_file_settings
from core.video.record import read_settings_of, settings_of, source_of

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def copy(
    ctx: typer.Context,
    image: Annotated[Path, typer.Argument(help="The image.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The copy: .png, .jpg or .webp.")],
    quality: Annotated[int, typer.Option(help="Of JPEG and WebP, 1 to 100.")] = QUALITY,
    prompt: Annotated[
        bool, typer.Option("--prompt/--no-prompt", help="Whether prompt and settings go along.")
    ] = True,
    force: Annotated[bool, typer.Option(help="Replace a file that exists.")] = False,
    json: JsonOption = False,
) -> int:
    """Copy an image as PNG, JPEG or WebP, with its settings or without; the AI mark stays."""
    console = context_of(ctx, is_json=json).console
    suffix = out.suffix.lower()
    problems = file_problems("out", out, overwrite=force)
    if suffix not in FORMATS:
        problems.append(Problem("out", f"{out.name!r} is none of {', '.join(FORMATS)}."))
    if not 1 <= quality <= 100:
        problems.append(Problem("quality", f"--quality is 1 to 100, not {quality}."))
    if image.is_file() and out.exists() and image.samefile(out):
        problems.append(Problem("out", "The copy would take the place of the image."))
    if problems:
        raise UnsupportedRequest(problems)
    marks = read_marks(image)
    made = copy_image(image, suffix, _text_of(image, holds_prompt=prompt), quality)
    try:
        out.write_bytes(made.content)
    except OSError as error:
        raise OutputError(f"{str(out)!r} cannot be written: {error.strerror}.") from error
    for note in made.notes:
        console.note(note)
    if marks.is_signed:
        console.note("Its maker has signed the image; the copy has no such signature.")
    console.event("copied", path=str(out))
    console.answer_in_words(str(out))
    return EXIT_DONE


def _text_of(image: Path, *, holds_prompt: bool) -> CopyText:
    """What is known of an image, as its copy says it."""
    program = f"{core.NAME} {core.VERSION}"
    record = read_settings_of(image) if image.is_file() else None
    if record is not None:
        known, source = settings_of(record), source_of(record)
    else:
        known = read_file_settings(image) if image.is_file() else None
        source = read_marks(image).source or (SourceType.MADE if known else None)
    if known is None or not holds_prompt:
        return CopyText(source, program)
    text = record.model_dump_json() if record is not None else ""
    return CopyText(source, program, write_parameters(known), text)
