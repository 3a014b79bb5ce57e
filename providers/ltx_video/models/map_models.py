"""The models that draw maps of a control video: which map takes which, their files and places."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from core.video.terms import ControlMap

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class MapModel(StrEnum):
    """A model that draws, by its folder in that of a video model."""

    DEPTH = "depth_model"
    PEOPLE = "people_model"
    JOINTS = "joints_model"


NEEDED: Mapping[ControlMap, tuple[MapModel, ...]] = {
    ControlMap.DEPTH: (MapModel.DEPTH,),
    ControlMap.POSE: (MapModel.PEOPLE, MapModel.JOINTS),
}
"""Which of them a map takes; the others take none."""

FILES: Mapping[MapModel, tuple[str, ...]] = {
    MapModel.DEPTH: ("config.json", "preprocessor_config.json", "model.safetensors"),
    MapModel.PEOPLE: ("config.json", "preprocessor_config.json", "model.safetensors"),
    MapModel.JOINTS: ("config.json", "model.safetensors"),
}
"""What of each must be there."""

# Where earlier versions asked to put it by hand.
_BY_HAND = {MapModel.DEPTH: "depth-anything-v2-small"}


def find_map_models(
    kind: ControlMap | None, folder: Path, models_dir: Path
) -> dict[MapModel, Path]:
    """The folders of what draws a map, as far as they are here.

    They are the same for every video model, so those of another one will do.

    Args:
        kind: of the map.
        folder: of the video model.
        models_dir: of all models.
    """
    found: dict[MapModel, Path] = {}
    for model in NEEDED.get(kind, ()) if kind else ():
        by_hand = [models_dir / _BY_HAND[model]] if model in _BY_HAND else []
        others = sorted(models_dir.glob(f"[!.]*/{model}"))
        for place in (folder / model, *others, *by_hand):
            if all((place / name).is_file() for name in FILES[model]):
                found[model] = place
                break
    return found
