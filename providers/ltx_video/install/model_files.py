"""A model's folder as it is on disk: whether it is whole, and which files made a clip."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Problem, UnreadableWeights, UnsupportedRequest
from core.platform.safetensors_head import read_head
from core.platform.suggestions import unknown_name
from core.video.model_store import Installation, OnDisk
from core.video.provider import NotReady, ReasonCode
from core.video.terms import Role
from providers.ltx_video.install.builtin_proof import find_difference
from providers.ltx_video.models.downloads import DURATION_HEAD, PROCESSOR, UPSAMPLER
from providers.ltx_video.models.info import INFO
from providers.ltx_video.models.map_models import NEEDED, MapModel, find_map_models
from providers.weights.installed import check_installed, model_folder
from providers.weights.model_folder import described_files, proved_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.platform.paths import Paths
    from core.video.rendered import ModelFile
    from core.video.terms import ControlMap
    from providers.ltx_video.models.catalog import LocalModel

BUILTIN_FOLDER = Path(__file__).parents[1] / "mini"

_GB = 1e9
_INDEX = "model_index.json"
_WEIGHTS = "*.safetensors"
_MAP_MODELS = {
    MapModel.DEPTH: ("what draws depth maps (Depth Anything V2 Small, Apache 2.0)", "0.1 GB"),
    MapModel.PEOPLE: (
        "what draws pose maps (RT-DETR and ViTPose, Apache 2.0)",
        "0.5 GB",
    ),
}


def folder_of(model: LocalModel, models_dir: Path) -> Path:
    """Where a model's files lie, or would lie."""
    return BUILTIN_FOLDER if model.spec.is_builtin else model_folder(models_dir, model.id)


def find_model(model: str, models: Mapping[str, LocalModel]) -> LocalModel:
    """A model by its id, or by the name of a family, of which one stands for all.

    Raises:
        UnsupportedRequest: there is no such model.
    """
    other = None if model in models else INFO.other_name(model)
    if other is not None and other.model is None:
        raise UnsupportedRequest([Problem("model", other.meaning)])
    row = models.get(model if other is None else other.model or "")
    if row is None:
        raise UnsupportedRequest([Problem("model", unknown_name("model", model, models))])
    return row


def find_on_disk(model: str, models: Mapping[str, LocalModel]) -> LocalModel:
    """A model whose files come not with the program.

    Raises:
        UnsupportedRequest: there is no such model, or it comes with the program.
    """
    row = find_model(model, models)
    if row.spec.is_builtin:
        message = f"{row.spec.label} comes with ImageAI: there is nothing to install or remove."
        raise UnsupportedRequest([Problem("model", message)])
    return row


def installation_of(model: LocalModel, models_dir: Path) -> Installation:
    """What there is of a model, also of one that comes with the program; never raises."""
    if not model.spec.is_builtin:
        return check_installed(models_dir, model.id)
    return _builtin(model, damage_of(BUILTIN_FOLDER))


def verify_builtin(model: LocalModel, paths: Paths) -> Installation:
    """Whether the model that comes with the program is whole, by reading every byte of it."""
    # What was proven before may have gone bad since, without another size or date.
    _memory_of_proof(model, paths).unlink(missing_ok=True)
    return _builtin(model, _difference(model, paths))


def _builtin(model: LocalModel, damage: str) -> Installation:
    return Installation(
        OnDisk.DAMAGED if damage else OnDisk.WHOLE,
        BUILTIN_FOLDER,
        model.spec.size_bytes or 0,
        f"Its files are damaged: {damage}." if damage else "",
    )


def damage_of(folder: Path) -> str:
    """What is wrong with a folder in the layout of diffusers, or "" when nothing is.

    Reads only the first bytes of each file of weights: they say how long the file must be.
    """
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        parts = [name for name, value in index.items() if isinstance(value, list) and value[0]]
    except FileNotFoundError:
        return f"{_INDEX} is missing"
    except (OSError, ValueError, AttributeError, IndexError, RecursionError):
        return f"{_INDEX} cannot be read"
    for part in parts:
        if not (folder / part).is_dir():
            return f"{part}/ is missing"
    for file in sorted(folder.rglob(_WEIGHTS)):
        try:
            read_head(file, file.relative_to(folder).as_posix())
        except UnreadableWeights as error:
            return error.message.rstrip(".")
    return ""


def files_problem(model: LocalModel, paths: Paths) -> NotReady | None:
    """What keeps a model's files from being used, and what to do; None where they can be."""
    label, repair = model.spec.label, way_to_repair(model)
    found = installation_of(model, paths.models_dir)
    match found.on_disk:
        case OnDisk.WHOLE:
            difference = _difference(model, paths)
            if not difference:
                return None
            return NotReady(
                ReasonCode.DAMAGED, f"{label}: Its files are damaged: {difference}.", repair
            )
        case OnDisk.NOTHING:
            size = model.spec.size_bytes
            amount = f"{size / _GB:.1f} GB" if size else "an amount the hub will tell"
            gate = " Its owner asks for consent first." if model.spec.licence.is_gated else ""
            return NotReady(
                ReasonCode.NOT_INSTALLED,
                f"{label} is not installed. It is a download of {amount} under the "
                f"{model.spec.licence.name}.{gate}",
                repair,
            )
        case OnDisk.PARTLY:
            return NotReady(ReasonCode.NOT_INSTALLED, f"{label}: {found.reason}", repair)
        case OnDisk.DAMAGED:
            return NotReady(ReasonCode.DAMAGED, f"{label}: {found.reason}", repair)


def upsampler_problem(model: LocalModel, models_dir: Path) -> Problem | None:
    """What keeps a model from two stages that was installed before they came; else None."""
    folder = folder_of(model, models_dir)
    if not folder.is_dir() or (folder / UPSAMPLER / "config.json").is_file():
        return None
    return _missing_part(
        model, "sampling.two_stage", "what enlarges the first of two stages", "about 1 GB"
    )


def enhancer_problem(model: LocalModel, models_dir: Path) -> Problem | None:
    """What keeps a model from enhancing prompts that was installed without what does; else None."""
    folder, enhancer = folder_of(model, models_dir), model.profile.enhancer
    if enhancer is None or not folder.is_dir():
        return None
    missing = [name for name in (PROCESSOR, enhancer.value) if not (folder / name).is_dir()]
    if not missing:
        return None
    size = f"{model.footprint.enhancer * 2:.0f} GB" if model.footprint.enhancer else "40 MB"
    what = f"its prompt enhancer ({' and '.join(missing)})"
    return _missing_part(model, "enhance_prompt", what, f"about {size}")


def duration_head_problem(model: LocalModel, models_dir: Path) -> Problem | None:
    """What keeps a model from choosing lengths that was installed without what does; else None."""
    folder = folder_of(model, models_dir)
    if not folder.is_dir() or (folder / DURATION_HEAD).is_dir():
        return None
    return _missing_part(model, "frame.auto_duration", "its duration head", "a few MB")


def map_models_problem(
    model: LocalModel, kind: ControlMap | None, models_dir: Path
) -> Problem | None:
    """What keeps maps of a kind from being drawn; None where all is here or no model is."""
    folder, needed = folder_of(model, models_dir), NEEDED.get(kind, ()) if kind else ()
    if not needed or not folder.is_dir():
        return None
    if len(find_map_models(kind, folder, models_dir)) == len(needed):
        return None
    # Imported late: a list of models looks at no inputs.
    from core.video.inputs import field_of

    what, size = _MAP_MODELS[needed[0]]
    return _missing_part(model, field_of(Role.CONTROL), what, size)


def _missing_part(model: LocalModel, field: str, what: str, size: str) -> Problem:
    """That a model was installed without a part, and what brings it."""
    reason = f"{model.spec.label} was installed without {what}."
    if model.added_from:
        # A person's own is made of links, which no installation adds to.
        way = (
            "Bring it to the model that this checkpoint is run like, run 'main.py models remove "
            f"{model.id}', and add the checkpoint again from {model.added_from!r}."
        )
        return Problem(field, f"{reason} {way}", is_of_setup=True)
    message = f"{reason} {way_to_repair(model)} It adds that alone, {size}."
    return Problem(field, message, is_of_setup=True, reason=reason)


def _difference(model: LocalModel, paths: Paths) -> str:
    """What of the model that comes with the program is not as it was published."""
    if not model.spec.is_builtin:
        return ""
    return find_difference(folder_of(model, paths.models_dir), _memory_of_proof(model, paths))


def _memory_of_proof(model: LocalModel, paths: Paths) -> Path:
    return paths.cache_dir / "ltx-video" / f"{model.id}-proven.json"


def way_to_repair(model: LocalModel) -> str:
    """What to do so that its files are whole."""
    if model.spec.is_builtin:
        return "It comes with the program: get a whole copy of ImageAI, e.g. by 'git checkout .'."
    if model.added_from:
        return (
            f"Put the file back as it was, or run 'main.py models remove {model.id}' and add the "
            f"model again from {model.added_from!r}."
        )
    return f"Run 'python3 scripts/setup_ltx_video.py --model {model.id}'."


def weight_files(model: LocalModel, models_dir: Path) -> tuple[ModelFile, ...]:
    """Each file with its hash: from the manifest of the installation, else by reading it."""
    # Imported late: each list of models asks what is on disk, and no list what made a clip.
    from core.video.rendered import ModelFile

    folder = folder_of(model, models_dir)
    proved = () if model.spec.is_builtin else proved_files(models_dir, model.id)
    return proved or tuple(
        ModelFile(name=file.relative_to(folder).as_posix(), size_bytes=size, sha256=sha256)
        for file in described_files(folder)
        if file.match(_WEIGHTS)
        for size, sha256 in [_size_and_sha256(file)]
    )


def _size_and_sha256(file: Path) -> tuple[int, str]:
    found = file.stat()
    return found.st_size, _sha256(file, found.st_size, found.st_mtime_ns)


# Each clip's record names its weights, and to read them takes as long as a step of LTX Mini.
@lru_cache(maxsize=64)
def _sha256(file: Path, size: int, mtime_ns: int) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
