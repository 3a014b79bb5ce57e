"""The folders that ComfyUI's own list of extra paths names; the list is anybody's file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from core.platform.files import read_plain_file

if TYPE_CHECKING:
    from collections.abc import Iterator

COMFYUI_LIST = "extra_model_paths.yaml"
"""Its name, in the folder of ComfyUI itself."""

_MOST_BYTES = 64_000
_MOST_FOLDERS = 100
_BASE = "base_path"
# The kinds of folders in which a part of an LTX model may lie.
_KINDS = frozenset(
    {
        "checkpoints",
        "clip",
        "diffusers",
        "diffusion_models",
        "latent_upscale_models",
        "text_encoders",
        "unet",
        "upscale_models",
        "vae",
    }
)


@dataclass(frozen=True)
class NamedFolders:
    """Folders that are there.

    Attributes:
        problems: what is passed over and why, each a sentence.
    """

    folders: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()


def folders_of_list(file: Path) -> NamedFolders:
    """What a list names; nothing where there is none."""
    if not file.exists():
        return NamedFolders()
    try:
        # Only read: no value is made of it, no reference followed, nothing merged.
        root = yaml.SafeLoader(read_plain_file(file, _MOST_BYTES)).get_single_node()
    except OSError as error:
        return _passed_over(file, f"it cannot be read: {error.strerror or error}")
    except RecursionError:
        return _passed_over(file, "it is nested too deeply")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark is not None else ""
        return _passed_over(file, f"it cannot be understood{place}")
    if root is None:
        return NamedFolders()
    if not isinstance(root, yaml.MappingNode):
        return _passed_over(file, "it has no sections")
    reading = _Reading(file)
    for key, section in root.value:
        reading.section(key, section)
    return NamedFolders(tuple(reading.folders), tuple(reading.problems))


def _passed_over(file: Path, why: str) -> NamedFolders:
    return NamedFolders(problems=(f"ComfyUI's list {str(file)!r} is passed over: {why}.",))


class _Reading:
    """One list on its way."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.folders: dict[Path, None] = {}
        self.problems: list[str] = []

    def section(self, key: yaml.Node, section: yaml.Node) -> None:
        """Take the folders of one section."""
        name = _text(key)
        if not isinstance(section, yaml.MappingNode):
            # An empty one, as the example that comes with ComfyUI leaves when all is commented out.
            if _text(section) not in ("", "null", "~"):
                self._skip(f"its section {name!r} is none")
            return
        values = {_text(kind): value for kind, value in section.value}
        base = self._file.parent
        if _BASE in values:
            named = _text(values[_BASE])
            if not named:
                self._skip(f"{_BASE} of its section {name!r} is no path")
                return
            base /= _expanded(named)
        for kind in (kind for kind in values if kind in _KINDS):
            lines = list(_lines(values[kind]))
            if not lines:
                self._skip(f"{kind!r} in its section {name!r} is no path")
            for line in lines:
                self._take(base / _expanded(line))

    def _take(self, folder: Path) -> None:
        """Take a folder that is there, and is not most of the disk."""
        try:
            if not folder.is_dir():
                return
            real = folder.resolve()
        except (OSError, RuntimeError) as error:
            self._skip(f"{str(folder)!r} cannot be reached ({error})")
            return
        if real == Path(real.anchor) or Path.home().resolve().is_relative_to(real):
            self._skip(f"{str(folder)!r} holds far more than models")
        elif len(self.folders) < _MOST_FOLDERS:
            self.folders[real] = None
        elif real not in self.folders:
            self._skip(f"it names more than {_MOST_FOLDERS} folders")

    def _skip(self, what: str) -> None:
        text = f"Of ComfyUI's list {str(self._file)!r} a part is passed over: {what}."
        if text not in self.problems:
            self.problems.append(text)


def _expanded(text: str) -> Path:
    # Not by pathlib, which refuses the home of somebody who is not there.
    return Path(os.path.expandvars(os.path.expanduser(text)))  # noqa: PTH111 - see above


def _text(node: yaml.Node) -> str:
    return str(node.value).strip() if isinstance(node, yaml.ScalarNode) else ""


def _lines(node: yaml.Node) -> Iterator[str]:
    """The paths of a value: a line each, or one of a list each."""
    parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for part in parts:
        yield from filter(None, map(str.strip, _text(part).splitlines()))
