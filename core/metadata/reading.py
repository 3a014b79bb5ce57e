"""The settings that a file of any known program says it was made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import UnreadableText
from core.metadata.comfy_graph import read_editor_graph, read_graph
from core.metadata.file_settings import FileSettings, as_object, load_json, read_parameters
from core.metadata.image_chunks import MAX_TEXT_BYTES, ImageTexts, read_image_texts
from core.metadata.other_programs import (
    read_earlier_imageai,
    read_fooocus,
    read_invoke,
    read_novel,
    read_old_invoke,
    read_swarm,
)
from core.platform.files import read_plain_file
from core.platform.text_files import unicode_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROGRAMS = (
    "AUTOMATIC1111", "Forge", "ComfyUI", "InvokeAI", "SwarmUI", "Fooocus", "NovelAI", "ImageAI",
)  # fmt: skip
"""Whose files are read."""
_TEXT_SUFFIXES = (".json", ".txt")


def read_file_settings(path: Path) -> FileSettings | None:
    """What a PNG, JPEG, WebP, a text or a JSON file says; None where no known program wrote it.

    What lies beside an image as JSON counts where the image itself says nothing.

    Raises:
        UnreadableText: it cannot be read, or says more than is read.
    """
    try:
        texts = read_image_texts(path)
        if texts.container is not None:
            return _of_image(texts) or _beside(path) or _refuse_too_long(path, texts)
        if path.suffix.lower() in _TEXT_SUFFIXES:
            return _of_text(unicode_text(read_plain_file(path, MAX_TEXT_BYTES), "replace"))
    except OSError as error:
        raise UnreadableText(
            f"{str(path)!r} cannot be read: {error.strerror or error}.", hint="Choose another file."
        ) from error
    return None


def _refuse_too_long(path: Path, texts: ImageTexts) -> None:
    """Do nothing for a file that was read to its end.

    Raises:
        UnreadableText: it says more than is read.
    """
    if texts.too_long:
        names = " and ".join(map(repr, dict.fromkeys(texts.too_long)))
        raise UnreadableText(
            f"{path.name!r} holds texts ({names}) of more than {MAX_TEXT_BYTES / 1e6:g} MB, which "
            "are not read.",
            hint="Choose another file.",
        )


def _of_image(image: ImageTexts) -> FileSettings | None:
    texts = image.texts
    comment = texts.get("UserComment", "")
    return (
        _of_text(texts.get("parameters", ""))
        or _of_invoke(texts)
        or _of_comfy(texts)
        or _of_novel(texts)
        or _of_text(comment)
        or _of_exif_of_novel(comment)
    )


def _of_text(text: str) -> FileSettings | None:
    """A text that is JSON of some program, or the text that many write."""
    if not text.lstrip().startswith("{"):
        return read_parameters(text) if text.strip() else None
    stored = as_object(load_json(text))
    readers = (read_swarm, read_fooocus, read_invoke, read_old_invoke, read_earlier_imageai)
    known = next((found for read in readers if (found := read(stored)) is not None), None)
    # What is no object with words of its own may be a graph; or words that begin with a brace.
    return known or read_graph(stored) or read_editor_graph(stored) or read_parameters(text)


def _of_invoke(texts: Mapping[str, str]) -> FileSettings | None:
    found = read_invoke(as_object(load_json(texts.get("invokeai_metadata", ""))))
    return found or read_old_invoke(as_object(load_json(texts.get("sd-metadata", ""))))


def _of_comfy(texts: Mapping[str, str]) -> FileSettings | None:
    # WebP has no room for keywords, so ComfyUI puts them before the text.
    graph = texts.get("prompt") or _behind("prompt:", texts)
    editor = texts.get("workflow") or _behind("workflow:", texts)
    return read_graph(load_json(graph)) or read_editor_graph(load_json(editor))


def _behind(mark: str, texts: Mapping[str, str]) -> str:
    found = (text.strip() for text in texts.values())
    return next((text[len(mark) :] for text in found if text.lower().startswith(mark)), "")


def _of_novel(texts: Mapping[str, str]) -> FileSettings | None:
    if texts.get("Software", "").strip() != "NovelAI":
        return None
    names = ("Comment", "Description", "Source")
    return read_novel(*(texts.get(name, "") for name in names))


def _of_exif_of_novel(comment: str) -> FileSettings | None:
    """NovelAI's WebP has the texts of its PNG as an object in one."""
    stored = as_object(load_json(comment))
    texts = {name: value for name, value in stored.items() if isinstance(value, str)}
    return _of_novel(texts)


def _beside(path: Path) -> FileSettings | None:
    """What the earlier ImageAI wrote beside an image."""
    for place in (path.with_suffix(".json"), path.with_name(f"{path.name}.json")):
        try:
            text = unicode_text(read_plain_file(place, MAX_TEXT_BYTES), "replace")
        except OSError:
            continue
        found = read_earlier_imageai(as_object(load_json(text)))
        if found is not None:
            return found
    return None
