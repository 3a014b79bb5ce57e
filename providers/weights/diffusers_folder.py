"""A folder in the layout of diffusers, as its own index tells it; nothing in it is run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from core.errors import UnreadableWeights
from core.platform.gguf_head import GGUF_SUFFIX
from core.platform.safetensors_head import SUFFIX

if TYPE_CHECKING:
    from pathlib import Path

INDEX = "model_index.json"

_SHARDS_OF = ".index.json"
PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl")
"""How files end that run what is in them when they are opened."""


def refuse_pickle(path: Path) -> None:
    """Do nothing for a file that runs nothing when it is opened.

    Raises:
        UnreadableWeights: it may.
    """
    if path.suffix.casefold() in PICKLES:
        raise UnreadableWeights(
            f"{str(path)!r} is a pickle; pickles can run programs and are not opened.",
            hint=f"Get it as a {SUFFIX} or {GGUF_SUFFIX} file.",
        )


def files_of(folder: Path) -> tuple[Path, ...]:
    """What a model consists of; other things in its folder are left where they are.

    Raises:
        UnreadableWeights: there is no index, or it cannot be understood.
    """
    parts = (folder / part for part in parts_of(folder))
    found = (file for part in parts for file in part.rglob("*") if file.is_file())
    kept = (file for file in found if file.suffix not in PICKLES)
    return (folder / INDEX, *sorted(kept))


def parts_of(folder: Path) -> tuple[str, ...]:
    """The parts that the folder's own index names.

    Raises:
        UnreadableWeights: there is no index, or it cannot be understood.
    """
    try:
        content: Any = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        parts = [
            str(name)
            for name, value in cast("dict[str, Any]", content).items()
            if isinstance(value, list) and cast("list[Any]", value)[0]
        ]
    except FileNotFoundError as error:
        raise UnreadableWeights(
            f"{str(folder)!r} is no folder in the layout of diffusers: it has no {INDEX}.",
            hint="Name the folder that has it, or the one file with the transformer.",
        ) from error
    except (OSError, ValueError, AttributeError, IndexError, RecursionError) as error:
        raise broken_folder(folder, f"its {INDEX} cannot be read") from error
    if any(part in ("", ".", "..") or "/" in part or "\\" in part for part in parts):
        raise broken_folder(folder, f"its {INDEX} names a part that is no folder's name")
    return tuple(parts)


def weights_of(part: Path, folder: Path) -> tuple[str, ...]:
    """The files of weights of a part, each shard that its index names among them."""
    place = part.name
    shards: dict[str, None] = {}
    for index in sorted(part.glob(f"*{SUFFIX}{_SHARDS_OF}")):
        try:
            table: Any = json.loads(index.read_text(encoding="utf-8"))
            shards |= dict.fromkeys(map(str, cast("dict[str, str]", table["weight_map"]).values()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise broken_folder(folder, f"{place}/{index.name} cannot be read") from error
    absent = [name for name in shards if not (part / name).is_file()]
    if absent:
        raise broken_folder(folder, f"{place}/{absent[0]} is missing, one of {len(shards)} shards")
    found = tuple(sorted(file.name for file in part.glob(f"*{SUFFIX}")))
    pickles = [file.name for file in sorted(part.iterdir()) if file.suffix in PICKLES]
    if pickles and not found:
        raise broken_folder(folder, f"{place}/{pickles[0]} is a pickle, and those are not opened")
    return tuple(shards) or found


def broken_folder(folder: Path, reason: str) -> UnreadableWeights:
    """What is wrong with a folder, as an error."""
    return UnreadableWeights(
        f"The folder {str(folder)!r} cannot be used: {reason}.", hint="Get a whole copy of it."
    )
