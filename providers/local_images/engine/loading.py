"""An image model from its files: the parts that its pipeline has, and pipelines on them."""

# pyright: standard

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING

import diffusers
import torch
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from safetensors import SafetensorError, safe_open

from core.video.spec import Precision
from providers.engine.process.errors import DamagedModel, is_out_of_memory
from providers.engine.process.torch_memory import lay_out

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from providers.local_images.engine.protocol import ImageRenderOrder

_INDEX = "model_index.json"
_PROCESSOR = "processor"
_DTYPES = {
    Precision.FLOAT32: torch.float32,
    Precision.BFLOAT16: torch.bfloat16,
    Precision.FLOAT16: torch.float16,
}
_REASON_LETTERS = 200


def compute_dtype(order: ImageRenderOrder) -> torch.dtype:
    """The number format of the arithmetic."""
    return _DTYPES[order.memory.precision]


def pipeline_class(name: str) -> Any:
    """A pipeline of diffusers by its name.

    Raises:
        DamagedModel: there is none of that name, so the index is of another library or version.
    """
    found = getattr(diffusers, name, None)
    if not (inspect.isclass(found) and issubclass(found, DiffusionPipeline)):
        reason = f"it names {name!r}, which is no pipeline of diffusers {diffusers.__version__}"
        raise DamagedModel(_INDEX, reason)
    return found


def load_pipeline(order: ImageRenderOrder) -> Any:
    """The pipeline as the model's own index names it, laid out in memory by the plan.

    Raises:
        DamagedModel: a file is missing or cannot be read.
    """
    loaded_class = pipeline_class(_class_in(order.folder))
    dtype = compute_dtype(order)
    try:
        pipeline = _load(loaded_class, order, dtype)
    except (OSError, ValueError, RuntimeError, KeyError, EOFError, SafetensorError) as error:
        if is_out_of_memory(error):
            raise
        raise _damage(order, error) from error
    pipeline.set_progress_bar_config(disable=True)
    tile = getattr(getattr(pipeline, "vae", None), "enable_tiling", None)
    if order.memory.tiled_decode and tile is not None:
        tile()
    lay_out(pipeline, order.memory)
    return pipeline


def for_work(pipeline: Any, order: ImageRenderOrder) -> Any:
    """The pipeline for what is asked for, on the very same parts."""
    wanted = pipeline_class(order.family.pipeline_class(order.work))
    if type(pipeline) is wanted:
        return pipeline
    takes = inspect.signature(wanted.__init__).parameters
    parts = {name: part for name, part in pipeline.components.items() if name in takes}
    settings = {name: value for name, value in pipeline.config.items() if name in takes}
    made = wanted(**settings | parts)
    made.set_progress_bar_config(disable=True)
    if getattr(pipeline, "_all_hooks", None):
        # The parts have their hooks; who moves them must know of these to take them off again.
        made._all_hooks = pipeline._all_hooks  # noqa: SLF001 - it has no other way
        made._offload_device = pipeline._offload_device  # noqa: SLF001 - likewise
    return made


def _load(loaded_class: Any, order: ImageRenderOrder, dtype: torch.dtype) -> Any:
    folder, file = order.folder, order.single_file
    plain: dict[str, Any] = {"dtype": dtype, "local_files_only": True}
    parts = dict(plain)
    if (folder / _PROCESSOR).is_dir():
        from providers.local_images.engine.qwen_processor import ImageTextProcessor

        parts[_PROCESSOR] = ImageTextProcessor.read(folder / _PROCESSOR)
    if file is None:
        return loaded_class.from_pretrained(folder, use_safetensors=True, **parts)
    if order.family.is_whole_file:
        return loaded_class.from_single_file(str(folder / file), config=str(folder), **plain)
    denoiser = order.family.denoiser
    library, name = _index(folder)[denoiser]
    part_class = getattr(diffusers, name) if library == "diffusers" else None
    if part_class is None:
        raise DamagedModel(_INDEX, f"it names the unknown library {library!r}")
    part = part_class.from_single_file(
        str(folder / file), config=str(folder), subfolder=denoiser, **plain
    )
    return loaded_class.from_pretrained(folder, use_safetensors=True, **{denoiser: part}, **parts)


def _index(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DamagedModel(_INDEX, "the file is not there") from error
    except (OSError, ValueError) as error:
        raise DamagedModel(_INDEX, "it cannot be understood") from error
    if not isinstance(content, dict):
        raise DamagedModel(_INDEX, "it cannot be understood")
    return content


def _class_in(folder: Path) -> str:
    return str(_index(folder).get("_class_name", ""))


def _damage(order: ImageRenderOrder, error: Exception) -> DamagedModel:
    """The damage, by the first file that cannot be opened."""
    for file in sorted(order.folder.rglob("*.safetensors")):
        try:
            with safe_open(file, framework="pt"):
                pass
        except (SafetensorError, OSError) as inner:
            return DamagedModel(file.relative_to(order.folder).as_posix(), str(inner))
    reason = str(error).strip().splitlines()
    where = order.single_file or _INDEX
    return DamagedModel(where, reason[0][:_REASON_LETTERS] if reason else type(error).__name__)
