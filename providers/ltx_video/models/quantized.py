"""Models whose transformer is stored in fewer bits: smaller downloads that run like another one.

Besides it such a model needs what the other one does. Its text encoder, the same Gemma 3, comes in
the 16 bit in which it is used anyway, from where its makers publish it for LTX.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.ltx_video.models.info import LTXModel
from providers.ltx_video.models.sizes import FOR_A_CLIP
from providers.ltx_video.models.weights_spec import TRANSFORMER, FileSet, RemoteFile

if TYPE_CHECKING:
    from providers.ltx_video.models.catalog import LocalModel
    from providers.ltx_video.models.weights_spec import WeightsSpec

FP8 = "fp8"
"""Numbers of 8 bit with a scale for each layer, in a file of safetensors."""

_TEXT_ENCODER = "text_encoder"
_GEMMA = FileSet(
    repo_id="Lightricks/gemma-3-12b-it-qat-q4_0-unquantized",
    allow_patterns=("config.json", "generation_config.json", "model*.safetensors*"),
    target_folder=_TEXT_ENCODER,
)
_GEMMA_BYTES = 24_400_000_000
_GB = 1_000_000_000
# What is left out of the other model's repository: its transformer in 16 bit and its text encoder
# in 32.
_LEFT_OUT_BYTES = 38_000_000_000 + 48_800_000_000
_MAKERS, _UNSLOTH = "Lightricks/LTX-2.3-fp8", "unsloth/LTX-2.3-GGUF"
_MAKERS_REVISION = "1d756cd27fa11c0896c4dfee093cd1bf36c7f7a1"


@dataclass(frozen=True)
class Quantized:
    """One file in place of a model's transformer.

    Attributes:
        like: the model that it runs like.
        stored: what most of it is stored in: "fp8", or a type of GGUF such as "Q4_K".
        path: of the file in its repository.
        size_gb: about.
        size_bytes, sha256: None where only the hub knows them.
        comfortable_vram_gb: with how much of a GPU's memory no weights move in each step.
        ram_gb: of main memory; 8 bit is unpacked there as a whole.
    """

    id: LTXModel
    like: LTXModel
    stored: str
    summary: str
    repo_id: str
    path: str
    size_gb: float
    comfortable_vram_gb: int
    ram_gb: int = 32
    revision: str = "main"
    size_bytes: int | None = None
    sha256: str | None = None

    @property
    def place(self) -> str:
        """Of the file, in the model's own folder."""
        return f"{TRANSFORMER}/{self.path.rpartition('/')[2]}"

    @property
    def is_gguf(self) -> bool:
        """Whether its layers stay packed until they are at work."""
        return self.stored != FP8

    @property
    def shown_as(self) -> str:
        """What is stored how, in a label."""
        return self.stored if self.is_gguf else "8 bit"

    def weights(self, like: WeightsSpec) -> WeightsSpec:
        """The whole download.

        Args:
            like: that of the model that it runs like.
        """
        first, *others = like.sets
        unused = (f"{TRANSFORMER}/*.safetensors*", f"{_TEXT_ENCODER}/*")
        kept = tuple(
            pattern
            for pattern in first.allow_patterns
            if not pattern.startswith(f"{_TEXT_ENCODER}/")
        )
        rest = first.model_copy(
            update={
                "allow_patterns": kept,
                "ignore_patterns": (*first.ignore_patterns, *unused),
            }
        )
        known = RemoteFile(path=self.path, size_bytes=self.size_bytes, sha256=self.sha256)
        file = FileSet(
            repo_id=self.repo_id,
            revision=self.revision,
            allow_patterns=(self.path,),
            source_folder=self.path.rpartition("/")[0],
            target_folder=TRANSFORMER,
            known_files=(known,),
        )
        file_bytes = self.size_bytes or round(self.size_gb * _GB)
        source = f"{self.path} as listed on {self.repo_id}, {self.size_gb} GB"
        return like.model_copy(
            update={
                "model": self.id,
                "sets": (rest, file, _GEMMA, *others),
                "download_bytes": like.download_bytes - _LEFT_OUT_BYTES + _GEMMA_BYTES + file_bytes,
                "source": f"{source}; the rest as {like.model}, with Gemma 3 in 16 bit",
            }
        )

    def row(self, like: LocalModel, weights: WeightsSpec) -> LocalModel:
        """The model as it stands in the catalogue.

        Args:
            like: the model that it runs like.
            weights: its own download.
        """
        spec = like.spec.model_copy(
            update={
                "id": self.id.value,
                "label": f"{like.spec.label}, {self.shown_as}",
                "summary": self.summary,
                "needs": like.spec.needs.model_copy(
                    update={
                        "ram_gb": self.ram_gb,
                        "comfortable_vram_gb": self.comfortable_vram_gb,
                        "note": f"{FOR_A_CLIP} Needs a GPU.",
                    }
                ),
                "size_bytes": weights.download_bytes,
                "source": f"{weights.page_url}; size: {weights.source}",
            }
        )
        footprint = like.footprint.model_copy(
            update={
                "is_mapped": self.is_gguf,
                "quantization": self.stored if self.is_gguf else "",
                "quantized_gb": self.size_gb if self.is_gguf else 0.0,
            }
        )
        profile = like.profile.model_copy(update={"transformer_file": self.place})
        return like.model_copy(
            update={"spec": spec, "profile": profile, "footprint": footprint, "weights": weights}
        )


QUANTIZED: tuple[Quantized, ...] = (
    Quantized(
        LTXModel.LTX_2_3_DISTILLED_FP8,
        LTXModel.LTX_2_3_DISTILLED,
        FP8,
        "Picture with 48 kHz sound in 8 steps; the makers' own file in 8 bit.",
        _MAKERS,
        "ltx-2.3-22b-distilled-fp8.safetensors",
        29.5,
        comfortable_vram_gb=32,
        ram_gb=48,
        revision=_MAKERS_REVISION,
        size_bytes=29_531_884_062,
        sha256="d9646b6f2d5c42d337b23671634c43bfeece6989644f51b4a3aa088465ccd3b2",
    ),
    Quantized(
        LTXModel.LTX_2_3_DISTILLED_Q4,
        LTXModel.LTX_2_3_DISTILLED,
        "Q4_K",
        "Picture with 48 kHz sound in 8 steps; has room on a GPU of 24 GB, and runs from 8 GB on.",
        _UNSLOTH,
        "distilled/ltx-2.3-22b-distilled-Q4_K_M.gguf",
        14.3,
        comfortable_vram_gb=24,
        size_bytes=14_326_856_736,
    ),
    Quantized(
        LTXModel.LTX_2_3_DISTILLED_Q3,
        LTXModel.LTX_2_3_DISTILLED,
        "Q3_K",
        "Picture with 48 kHz sound in 8 steps; the smallest, with losses that can be seen.",
        _UNSLOTH,
        "distilled/ltx-2.3-22b-distilled-Q3_K_M.gguf",
        10.8,
        comfortable_vram_gb=16,
    ),
    Quantized(
        LTXModel.LTX_2_3_FP8,
        LTXModel.LTX_2_3,
        FP8,
        "Picture with 48 kHz sound in 30 guided steps; the makers' own file in 8 bit.",
        _MAKERS,
        "ltx-2.3-22b-dev-fp8.safetensors",
        29.1,
        comfortable_vram_gb=32,
        ram_gb=48,
        revision=_MAKERS_REVISION,
        size_bytes=29_145_431_166,
        sha256="28606c5b5a06ce56f896d4dfcb20f212739e07a68fbe48e53638188449d26450",
    ),
    Quantized(
        LTXModel.LTX_2_3_Q4,
        LTXModel.LTX_2_3,
        "Q4_K",
        "Picture with 48 kHz sound in 30 guided steps; has room on a GPU of 24 GB.",
        _UNSLOTH,
        "ltx-2.3-22b-dev-Q4_K_M.gguf",
        14.3,
        comfortable_vram_gb=24,
    ),
)
"""Of each model that they run like, best first."""
