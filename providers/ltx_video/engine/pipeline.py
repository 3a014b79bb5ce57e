"""Loading a model's parts, one by one, and laying them out in memory as the plan says."""

# pyright: standard

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch
from diffusers.models.transformers.transformer_ltx import LTXVideoTransformer3DModel
from diffusers.models.transformers.transformer_ltx2 import LTX2VideoTransformer3DModel
from diffusers.pipelines.ltx.modeling_latent_upsampler import LTXLatentUpsamplerModel
from diffusers.pipelines.ltx2 import connectors, vocoder
from diffusers.pipelines.ltx2.duration_head import LTX2DurationHead
from diffusers.pipelines.ltx2.latent_upsampler import LTX2LatentUpsamplerModel
from safetensors import SafetensorError, safe_open

from core.video.memory import Device
from core.video.spec import Precision, Residency
from providers.engine.process.errors import DamagedModel, is_out_of_memory
from providers.engine.process.torch_memory import lay_out
from providers.ltx_video.engine.kept_latents import KeepingLTX2Pipeline, KeepingLTXVideoPipeline
from providers.ltx_video.engine.loading.packed_encoder import load_encoder
from providers.ltx_video.engine.loading.single_file import ScaledLinear, load_transformer
from providers.ltx_video.engine.scheduler import scheduler_for
from providers.ltx_video.engine.text import load_processor
from providers.ltx_video.models.downloads import DURATION_HEAD, PROCESSOR, UPSAMPLER
from providers.ltx_video.models.profiles import Enhancer, PipelineFamily

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from core.jobs.job import CancelToken
    from core.video.terms import EncoderBits
    from providers.ltx_video.engine.protocol import ModelOrder

Pipeline = KeepingLTXVideoPipeline | KeepingLTX2Pipeline

_DTYPES = {Precision.FLOAT32: torch.float32, Precision.BFLOAT16: torch.bfloat16}
_CLASSES = {
    PipelineFamily.LTX_VIDEO: KeepingLTXVideoPipeline,
    PipelineFamily.LTX_2: KeepingLTX2Pipeline,
}
_PARTS = {
    PipelineFamily.LTX_VIDEO: ("transformer", "vae", "scheduler"),
    PipelineFamily.LTX_2: (
        "transformer",
        "connectors",
        "vae",
        "audio_vae",
        "vocoder",
        "scheduler",
    ),
}
_TRANSFORMERS = {
    PipelineFamily.LTX_VIDEO: LTXVideoTransformer3DModel,
    PipelineFamily.LTX_2: LTX2VideoTransformer3DModel,
}
_DECODERS = ("vae", "audio_vae", "vocoder")
_WEIGHT_SUFFIXES = (".safetensors", ".bin")


def compute_dtype(order: ModelOrder) -> torch.dtype:
    """The number format of the arithmetic; weights may be kept in a smaller one."""
    if order.memory.precision in _DTYPES:
        return _DTYPES[order.memory.precision]
    return _DTYPES[order.profile.dtype]


def part_dtype(name: str, order: ModelOrder) -> torch.dtype:
    """The number format in which a part of the model is kept and works."""
    # On processors, 3-D convolutions in 16 bit are slower than in 32 bit by an order of magnitude.
    if name in _DECODERS and order.memory.device is Device.CPU:
        return torch.float32
    # What 16 bit takes from a sound lies in its spectrum and is heard.
    if name == "vocoder":
        return torch.float32
    return compute_dtype(order)


class PartLoader:
    """Loads the parts of one model, telling how much of the whole is loaded."""

    def __init__(
        self, order: ModelOrder, cancel: CancelToken, report: Callable[[float, str], None]
    ) -> None:
        self._order = order
        self._cancel = cancel
        self._report = report
        self._folder = order.folder
        self._index = _read_index(self._folder)
        self._loaded_bytes = 0
        self._total_bytes = 1

    def expect(self, names: tuple[str, ...]) -> None:
        """Say which parts will be loaded, so that progress can be told as a share of them."""
        self._loaded_bytes = 0
        self._total_bytes = sum(map(self._size, names)) or 1

    def tell(self, what: str) -> None:
        """Say what is being loaded, where that is no part of the model.

        Raises:
            JobCancelled: asked to stop.
        """
        self._cancel.check()
        self._report(self._loaded_bytes / self._total_bytes, what)

    def load(self, name: str) -> Any:
        """One part.

        Raises:
            DamagedModel: a file is missing or cannot be read.
            JobCancelled: asked to stop between two parts.
        """
        self._cancel.check()
        self._report(self._loaded_bytes / self._total_bytes, f"Loading the {_plain(name)}")
        try:
            part = self._load(name)
        except (OSError, ValueError, RuntimeError, KeyError, EOFError, SafetensorError) as error:
            if is_out_of_memory(error):
                raise
            raise self._damage(name, error) from error
        self._loaded_bytes += self._size(name)
        self._report(self._loaded_bytes / self._total_bytes, f"Loaded the {_plain(name)}")
        return part

    def _load(self, name: str) -> Any:
        order = self._order
        if name == PROCESSOR:
            return load_processor(self._folder / name)
        if name == "transformer" and order.profile.transformer_file is not None:
            return self._load_single_file(self._folder / order.profile.transformer_file)
        if name == UPSAMPLER:
            # It came to some models from elsewhere, and their index does not name it.
            loaded_class = _upsampler_class(order.profile.family)
        elif name == DURATION_HEAD:
            loaded_class = LTX2DurationHead
        elif name == Enhancer.OWN:
            # It comes from elsewhere too, and its own folder says what it is.
            from transformers import AutoModelForImageTextToText

            loaded_class = AutoModelForImageTextToText
        else:
            loaded_class = _class_of(*self._index[name])
        folder = self._folder / name
        if not folder.is_dir():
            raise DamagedModel(f"{name}/", "the folder is not there")
        if name in ("scheduler", "tokenizer"):
            return loaded_class.from_pretrained(folder, local_files_only=True)
        bits = order.memory.text_encoder_bits if name == "text_encoder" else None
        return self.read_weights(loaded_class, folder, part_dtype(name, order), bits).eval()

    def read_weights(
        self, part_class: Any, folder: Path, dtype: torch.dtype, bits: EncoderBits | None
    ) -> torch.nn.Module:
        """A part of this class as it lies in its folder; measuring takes weights from elsewhere.

        Args:
            part_class: of diffusers or transformers.
            folder: with its config and its weights.
            dtype: the number format of the arithmetic.
            bits: how the layers of a text encoder are kept; None for any other part.
        """
        if bits is not None:
            return load_encoder(part_class, folder, dtype, bits)
        return part_class.from_pretrained(folder, dtype=dtype, local_files_only=True)

    def _load_single_file(self, file: Path) -> torch.nn.Module:
        if not file.is_file():
            raise DamagedModel(file.name, "the file is not there")
        return load_transformer(
            file,
            _TRANSFORMERS[self._order.profile.family],
            self._folder,
            compute_dtype(self._order),
            keeps_8_bit=self._order.memory.precision is Precision.FLOAT8,
        )

    def _size(self, name: str) -> int:
        file = self._order.profile.transformer_file
        if name == "transformer" and file is not None and (self._folder / file).is_file():
            return (self._folder / file).stat().st_size
        folder = self._folder / name
        return sum(f.stat().st_size for f in folder.rglob("*") if f.suffix in _WEIGHT_SUFFIXES)

    def _damage(self, name: str, error: Exception) -> DamagedModel:
        """The damage, by the first file of the part that cannot be opened."""
        folder = self._folder / name
        for file in sorted(folder.rglob("*.safetensors")):
            try:
                with safe_open(file, framework="pt"):
                    pass
            except SafetensorError as inner:
                return DamagedModel(file.relative_to(self._folder).as_posix(), str(inner))
        reason = str(error).strip().splitlines()
        return DamagedModel(f"{name}/", reason[0][:200] if reason else type(error).__name__)


def needed_parts(order: ModelOrder) -> tuple[str, ...]:
    """The parts of the pipeline in the order of loading, the text encoder left out.

    The transformer comes first: while it is cast to a smaller format it takes the most memory.
    """
    return _PARTS[order.profile.family]


def empty_parts(order: ModelOrder) -> dict[str, Any]:
    """The same, each None, for a pipeline that is made for something else."""
    return dict.fromkeys(_PARTS[order.profile.family])


def load_pipeline(loader: PartLoader, order: ModelOrder, tokenizer: Any) -> Pipeline:
    """The pipeline without its text encoder, laid out in memory by the plan."""
    parts = empty_parts(order)
    for name in needed_parts(order):
        parts[name] = loader.load(name)
        if name == "transformer":
            _shrink(parts[name], order)
    parts["scheduler"] = scheduler_for(parts["scheduler"].config, order.profile)
    pipeline = _CLASSES[order.profile.family](text_encoder=None, tokenizer=tokenizer, **parts)
    pipeline.set_progress_bar_config(disable=True)
    _place(pipeline, order)
    return pipeline


def load_text_pipeline(loader: PartLoader, order: ModelOrder, tokenizer: Any) -> Pipeline:
    """A pipeline of the same class with nothing but the text encoder."""
    encoder = loader.load("text_encoder")
    return _CLASSES[order.profile.family](
        text_encoder=encoder, tokenizer=tokenizer, **empty_parts(order)
    )


def load_enhancer(
    loader: PartLoader, order: ModelOrder, text_pipeline: Pipeline | None
) -> KeepingLTX2Pipeline:
    """A pipeline with nothing but what rewrites prompts.

    Args:
        loader: of the model's parts.
        order: says which of them it is.
        text_pipeline: has the text encoder, for models in which that is the one.
    """
    parts: dict[str, Any] = empty_parts(order)
    parts |= {"text_encoder": None, "tokenizer": None, "prompt_enhancer": None}
    if order.profile.enhancer is Enhancer.OWN:
        parts["prompt_enhancer"] = loader.load(Enhancer.OWN.value)
    else:
        assert text_pipeline is not None, "it is the enhancer"
        parts["text_encoder"] = text_pipeline.text_encoder
    return KeepingLTX2Pipeline(processor=loader.load(PROCESSOR), **parts)


def set_tiling(vae: Any, order: ModelOrder) -> None:
    """Decode in tiles and a few frames at a time, or all at once, as the plan says."""
    vae.use_tiling = order.memory.tiled_decode
    # Tiling alone leaves the frames together, which is where long clips need the memory.
    vae.use_framewise_decoding = order.memory.framewise_decode


def _shrink(transformer: Any, order: ModelOrder) -> None:
    if order.memory.precision is Precision.FLOAT8:
        transformer.enable_layerwise_casting(
            storage_dtype=torch.float8_e4m3fn,
            compute_dtype=compute_dtype(order),
            # They are in 8 bit already, and only their biases would lose.
            skip_modules_classes=(ScaledLinear,),
        )


def _place(pipeline: Pipeline, order: ModelOrder) -> None:
    lay_out(pipeline, order.memory, lambda name: _disk_folder(order, name))


def _disk_folder(order: ModelOrder, name: str) -> Path | None:
    # The pipelines read a decoder's statistics past the hooks that would bring them back from
    # disk, and beside the transformer every other part is small.
    if order.memory.residency is not Residency.GROUP_OFFLOAD_TO_DISK or name != "transformer":
        return None
    return order.offload_dir / order.plan.target.model / order.model_key


def _read_index(folder: Path) -> dict[str, tuple[str, str]]:
    """Which class each part has, from the model's own index.

    Raises:
        DamagedModel: the index is missing or cannot be read.
    """
    file = folder / "model_index.json"
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return {
            name: (str(value[0]), str(value[1]))
            for name, value in content.items()
            if isinstance(value, list)
        }
    except FileNotFoundError as error:
        raise DamagedModel(file.name, "the file is not there") from error
    except (OSError, ValueError, AttributeError, IndexError) as error:
        raise DamagedModel(file.name, "it cannot be understood") from error


def _class_of(library: str, class_name: str) -> Any:
    match library:
        case "transformers":
            import transformers

            return getattr(transformers, class_name)
        case "ltx2":
            # Parts that belong to the pipeline are named in the index by its folder.
            home = connectors if hasattr(connectors, class_name) else vocoder
            return getattr(home, class_name)
        case "diffusers":
            import diffusers

            return getattr(diffusers, class_name)
        case _:
            raise DamagedModel("model_index.json", f"it names the unknown library {library!r}")


def _upsampler_class(family: PipelineFamily) -> Any:
    match family:
        case PipelineFamily.LTX_VIDEO:
            return LTXLatentUpsamplerModel
        case PipelineFamily.LTX_2:
            return LTX2LatentUpsamplerModel


def _plain(name: str) -> str:
    return {"vae": "video decoder", "audio_vae": "sound decoder"}.get(name, name.replace("_", " "))
