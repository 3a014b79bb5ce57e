"""Where the files of each LTX model come from."""

from __future__ import annotations

from datetime import date

from providers.ltx_video.models.info import LTXModel
from providers.ltx_video.models.map_models import FILES, MapModel
from providers.ltx_video.models.profiles import Enhancer
from providers.ltx_video.models.quantized import QUANTIZED
from providers.weights.weights_spec import FileSet, RemoteFile, WeightsSpec

_AS_OF = date(2026, 11, 22)
_GB = 1_000_000_000
_HUB = "https://huggingface.co"

# Revisions are pinned where the listing of that revision is known; "main" elsewhere.
_LTX_VIDEO = "Lightricks/LTX-Video"
_LTX_VIDEO_REVISION = "8984fa25007f376c1a299016d0957a37a2f797bb"
_BASE_2B = "Lightricks/LTX-Video-0.9.5"
_BASE_2B_REVISION = "e58e28c39631af4d1468ee57a853764e11c1d37e"
_LTX_2 = "Lightricks/LTX-2"
_LTX_2_REVISION = "47da56e2ad66ce4125a9922b4a8826bf407f9d0a"
_LTX_25 = "Lightricks/LTX-2.5-Diffusers"
_LTX_25_REVISION = "426936f8b22dc28e4def61e515478b0b7e4a53cc"

_VIDEO_FOLDERS = (
    "model_index.json",
    "scheduler/*",
    "tokenizer/*",
    "text_encoder/*",
    "transformer/*",
    "vae/*",
)
_AV_FOLDERS = (
    "model_index.json",
    "scheduler/*",
    "tokenizer/*",
    # Some repositories hold the text encoder twice, 50 GB each time; transformers reads this one.
    "text_encoder/config.json",
    "text_encoder/generation_config.json",
    "text_encoder/model*",
    "connectors/*",
    "transformer/*",
    "vae/*",
    "audio_vae/*",
    "vocoder/*",
)
# The connectors of 2.3 and 2.5 lie there twice too: in one piece, and in numbered ones.
_CONNECTORS_IN_ONE_PIECE = "connectors/diffusion_pytorch_model.safetensors"
UPSAMPLER = "latent_upsampler"
"""The folder of what enlarges latents between two stages."""

# Of ltx-2.3-spatial-upscaler-x2-1.1.safetensors and ltxv-spatial-upscaler-0.9.7.safetensors, as
# their pages list them; the repositories below hold the same weights in the layout of diffusers.
_UPSAMPLER_2X_BYTES = 995_743_560
_UPSAMPLER_09_BYTES = 505_000_000
_UPSAMPLER_09 = "Lightricks/ltxv-spatial-upscaler-0.9.7"
_UPSAMPLER_23 = "rootonchair/LTX-2.3-spatial-upscaler-x2-v1.1-Diffusers"
PROCESSOR = "processor"
"""The folder of what puts words and a picture before the prompt enhancer."""
_PROCESSOR_FILES = ("*processor_config.json", "tokenizer*", "*tokens*.json", "chat_template*")
# The same words for the same Gemma 3, under terms that ask nobody to sign in.
_GEMMA_3 = FileSet(
    repo_id="Lightricks/gemma-3-12b-it-qat-q4_0-unquantized",
    allow_patterns=_PROCESSOR_FILES,
    part="prompt enhancer",
    is_extra=True,
    target_folder=PROCESSOR,
)
_GEMMA_3_PROCESSOR_BYTES = 39_000_000
_APACHE = "Apache 2.0"
# Its weights and what reads for them lie side by side in one folder.
_GEMMA_4 = FileSet(
    repo_id="google/gemma-4-E2B-it",
    allow_patterns=("config.json", "generation_config.json", "model*.safetensors"),
    part="prompt enhancer",
    licence=_APACHE,
    is_extra=True,
    target_folder=Enhancer.OWN.value,
)
_GEMMA_4_PROCESSOR = _GEMMA_4.model_copy(
    update={
        "allow_patterns": ("processor_config.json", "tokenizer*", "chat_template*"),
        "target_folder": PROCESSOR,
    }
)
_POSE_PART = "models for pose maps"
_MAP_MODELS = tuple(
    FileSet(
        repo_id=repo_id,
        allow_patterns=FILES[model],
        part=part,
        licence=_APACHE,
        is_extra=True,
        target_folder=model,
    )
    for model, repo_id, part in (
        (MapModel.DEPTH, "depth-anything/Depth-Anything-V2-Small-hf", "model for depth maps"),
        (MapModel.PEOPLE, "PekingU/rtdetr_r50vd_coco_o365", _POSE_PART),
        (MapModel.JOINTS, "usyd-community/vitpose-base-simple", _POSE_PART),
    )
)
# By their parameters in 32 bit: 24.8, 42.9 and 85.8 millions.
_MAP_MODELS_BYTES = 614_000_000
DURATION_HEAD = "duration_head"
"""The folder of what tells from a prompt how long a clip is."""
_GEMMA_4_BYTES = 10_300_000_000

_IMAGES = ("*.md", "*.png", "*.gif", "*.mp4")


def _folders(
    model: LTXModel,
    repo_id: str,
    size_gb: float,
    source: str,
    *,
    revision: str = "main",
    patterns: tuple[str, ...] = _VIDEO_FOLDERS,
    ignore_patterns: tuple[str, ...] = _IMAGES,
) -> WeightsSpec:
    """A model whose repository has the layout of diffusers already."""
    files = FileSet(
        repo_id=repo_id,
        revision=revision,
        allow_patterns=patterns,
        ignore_patterns=ignore_patterns,
    )
    return WeightsSpec(
        model=model,
        sets=(files,),
        download_bytes=round(size_gb * _GB),
        page_url=f"{_HUB}/{repo_id}",
        as_of=_AS_OF,
        source=source,
    )


def _single_file(
    model: LTXModel,
    path: str,
    base: WeightsSpec,
    size_gb: float,
    *,
    size_bytes: int | None = None,
    sha256: str | None = None,
) -> WeightsSpec:
    """A model whose transformer is one file, with everything else from a model that has folders."""
    no_weights = (*_IMAGES, "transformer/*.safetensors", "transformer/*.index.json")
    transformer = FileSet(
        repo_id=_LTX_VIDEO,
        revision=_LTX_VIDEO_REVISION,
        allow_patterns=(path,),
        target_folder="transformer",
        known_files=(RemoteFile(path=path, size_bytes=size_bytes, sha256=sha256),),
    )
    return WeightsSpec(
        model=model,
        sets=(base.sets[0].model_copy(update={"ignore_patterns": no_weights}), transformer),
        download_bytes=round(size_gb * _GB),
        page_url=f"{_HUB}/{_LTX_VIDEO}",
        as_of=_AS_OF,
        source=f"{path} as listed on its page; the rest as {base.model}",
    )


def _with_upsampler(
    weights: WeightsSpec,
    repo_id: str,
    size_bytes: int,
    *,
    revision: str = "main",
) -> WeightsSpec:
    """With the model that enlarges latents between two stages."""
    files = FileSet(
        repo_id=repo_id, revision=revision, allow_patterns=(f"{UPSAMPLER}/*",), part="upsampler"
    )
    return weights.model_copy(
        update={
            "sets": (*weights.sets, files),
            "download_bytes": weights.download_bytes + size_bytes,
            "source": f"{weights.source}; {size_bytes / _GB:.2f} GB of upsampler",
        }
    )


def _with_gemma_3(weights: WeightsSpec) -> WeightsSpec:
    """With what lets its text encoder rewrite prompts."""
    return _with_enhancer(weights, _GEMMA_3, size_bytes=_GEMMA_3_PROCESSOR_BYTES)


def _with_gemma_4(weights: WeightsSpec) -> WeightsSpec:
    """With a language model that rewrites prompts."""
    return _with_enhancer(weights, _GEMMA_4, _GEMMA_4_PROCESSOR, size_bytes=_GEMMA_4_BYTES)


def _with_enhancer(weights: WeightsSpec, *sets: FileSet, size_bytes: int) -> WeightsSpec:
    """With what has prompts rewritten."""
    return weights.model_copy(
        update={
            "sets": (*weights.sets, *sets),
            "download_bytes": weights.download_bytes + size_bytes,
            "source": f"{weights.source}; {size_bytes / _GB:.2f} GB of prompt enhancer",
        }
    )


def _with_map_models(weights: WeightsSpec) -> WeightsSpec:
    """With what draws depth and poses of a control video."""
    return weights.model_copy(
        update={
            "sets": (*weights.sets, *_MAP_MODELS),
            "download_bytes": weights.download_bytes + _MAP_MODELS_BYTES,
            "source": f"{weights.source}; {_MAP_MODELS_BYTES / _GB:.2f} GB of what draws maps",
        }
    )


def _with_duration_head(weights: WeightsSpec) -> WeightsSpec:
    """With what tells from a prompt how long a clip is: a few MB."""
    files = _25_DISTILLED.sets[0].model_copy(
        update={
            "allow_patterns": (f"{DURATION_HEAD}/*",),
            "part": "duration head",
            "is_extra": True,
        }
    )
    return weights.model_copy(update={"sets": (*weights.sets, files)})


def _only(files: FileSet, *, but_not: tuple[str, ...]) -> FileSet:
    kept = tuple(pattern for pattern in files.allow_patterns if pattern not in but_not)
    return files.model_copy(update={"allow_patterns": kept})


_T5 = "transformer and video decoder as listed, T5-XXL as 32-bit folder of 19 GB"
_GEMMA = "transformer 38 GB, connectors, decoders, and Gemma 3 12B as 32-bit folder of 49 GB"

_2B_095 = _folders(LTXModel.LTX_VIDEO_2B_095, _BASE_2B, 25.4, _T5, revision=_BASE_2B_REVISION)
_13B_097_DEV = _folders(LTXModel.LTX_VIDEO_13B_097_DEV, "Lightricks/LTX-Video-0.9.7-dev", 47.7, _T5)
_19B_DEV = _folders(
    LTXModel.LTX_2_19B,
    _LTX_2,
    92.5,
    _GEMMA,
    revision=_LTX_2_REVISION,
    patterns=_AV_FOLDERS,
)
# No diffusers folder of the distilled 19B is official. What differs from dev comes from the one
# that the documentation of diffusers uses; everything else comes from Lightricks.
_19B_DISTILLED = _19B_DEV.model_copy(
    update={
        "model": LTXModel.LTX_2_19B_DISTILLED,
        "sets": (
            _only(_19B_DEV.sets[0], but_not=("transformer/*", "connectors/*")),
            FileSet(
                repo_id="rootonchair/LTX-2-19b-distilled",
                allow_patterns=("transformer/*", "connectors/*"),
            ),
        ),
        "source": "as ltx-2-19b, whose parts have the same sizes",
    }
)
_23_DEV = _folders(
    LTXModel.LTX_2_3,
    "diffusers/LTX-2.3-Diffusers",
    95.0,
    "the same parts as ltx-2.3-distilled",
    revision="8eee8edcf067e838b843f926ec4d4cc9b2be1aaf",
    patterns=_AV_FOLDERS,
    ignore_patterns=(*_IMAGES, _CONNECTORS_IN_ONE_PIECE),
)
_23_DISTILLED = _23_DEV.model_copy(
    update={
        "model": LTXModel.LTX_2_3_DISTILLED,
        "sets": (
            _23_DEV.sets[0].model_copy(
                update={
                    "repo_id": "diffusers/LTX-2.3-Distilled-Diffusers",
                    "revision": "432e0d3c2d1769aaa4d295f9243f7062bf6b47ee",
                }
            ),
        ),
        "download_bytes": 94_977_693_482,
        "page_url": f"{_HUB}/diffusers/LTX-2.3-Distilled-Diffusers",
        "source": "sum of the 50 files of the pinned revision",
    }
)
_25_DISTILLED = _folders(
    LTXModel.LTX_2_5_DISTILLED,
    _LTX_25,
    70.090051372,
    "sum of the 28 files that the distilled model needs at the pinned revision",
    revision=_LTX_25_REVISION,
    patterns=_AV_FOLDERS,
    ignore_patterns=(*_IMAGES, _CONNECTORS_IN_ONE_PIECE),
)
_25_DEV = _25_DISTILLED.model_copy(
    update={
        "model": LTXModel.LTX_2_5,
        "sets": (
            _only(_25_DISTILLED.sets[0], but_not=("transformer/*",)),
            FileSet(
                repo_id=_LTX_25,
                revision=_LTX_25_REVISION,
                allow_patterns=("transformer_full/*",),
                source_folder="transformer_full",
                target_folder="transformer",
            ),
        ),
        "source": "as ltx-2.5-distilled, whose transformer has the same size",
    }
)

_WHOLE = {
    weights.model: weights
    for weights in (
        _2B_095,
        _single_file(
            LTXModel.LTX_VIDEO_2B_096_DEV,
            "ltxv-2b-0.9.6-dev-04-25.safetensors",
            _2B_095,
            27.9,
        ),
        _single_file(
            LTXModel.LTX_VIDEO_2B_096_DISTILLED,
            "ltxv-2b-0.9.6-distilled-04-25.safetensors",
            _2B_095,
            27.9,
        ),
        _with_upsampler(
            _single_file(
                LTXModel.LTX_VIDEO_2B_098_DISTILLED,
                "ltxv-2b-0.9.8-distilled.safetensors",
                _2B_095,
                27.9,
                size_bytes=6_340_744_492,
                sha256="76aa8c4786af752fa6f951947129d5290c3c6c0b2fadcadea6b5e114ae2cad8f",
            ),
            _UPSAMPLER_09,
            _UPSAMPLER_09_BYTES,
        ),
        _13B_097_DEV,
        _with_upsampler(
            _folders(
                LTXModel.LTX_VIDEO_13B_097_DISTILLED,
                "Lightricks/LTX-Video-0.9.7-distilled",
                47.7,
                _T5,
            ),
            _UPSAMPLER_09,
            _UPSAMPLER_09_BYTES,
        ),
        _single_file(
            LTXModel.LTX_VIDEO_13B_098_DEV,
            "ltxv-13b-0.9.8-dev.safetensors",
            _13B_097_DEV,
            50.2,
        ),
        _with_upsampler(
            _folders(
                LTXModel.LTX_VIDEO_13B_098_DISTILLED,
                "Lightricks/LTX-Video-0.9.8-13B-distilled",
                39.0,
                "size of a complete local copy as reported by a user",
            ),
            _UPSAMPLER_09,
            _UPSAMPLER_09_BYTES,
        ),
        _with_map_models(_with_gemma_3(_19B_DEV)),
        _with_upsampler(
            _with_map_models(_with_gemma_3(_19B_DISTILLED)),
            _LTX_2,
            _UPSAMPLER_2X_BYTES,
            revision=_LTX_2_REVISION,
        ),
        _with_map_models(_with_gemma_3(_23_DEV)),
        _with_upsampler(
            _with_map_models(_with_gemma_3(_23_DISTILLED)), _UPSAMPLER_23, _UPSAMPLER_2X_BYTES
        ),
        _with_duration_head(_with_gemma_4(_25_DEV)),
        _with_upsampler(
            _with_duration_head(_with_gemma_4(_25_DISTILLED)),
            _LTX_25,
            _UPSAMPLER_2X_BYTES,
            revision=_LTX_25_REVISION,
        ),
    )
}
WEIGHTS: dict[str, WeightsSpec] = _WHOLE | {
    one.id: one.weights(_WHOLE[one.like]) for one in QUANTIZED
}
"""The download of every model that does not come with the program."""
