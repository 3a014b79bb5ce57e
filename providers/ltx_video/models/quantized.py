"""Models whose transformer is stored in fewer bits: smaller downloads that run like another one.

Besides it such a model needs what the other one does. Where the text encoder lies there in 32 bit,
the same Gemma 3 comes in the 16 bit in which it is used anyway, from where its makers publish it
for LTX. In fewer bits it is packed while it is loaded; see `engine/loading/packed_encoder.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.ltx_video.models.info import LTXModel
from providers.ltx_video.models.sizes import FOR_A_CLIP
from providers.weights.weights_spec import TRANSFORMER, FileSet, RemoteFile

if TYPE_CHECKING:
    from providers.ltx_video.models.catalog import LocalModel
    from providers.weights.weights_spec import WeightsSpec

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
# What is left out of the other model's download: its transformer, and a text encoder in 32 bit. The
# single files of LTX-Video hold its decoder too.
_GEMMA_3_IN_32_BIT_GB = 48.8
_IN_32_BIT = (LTXModel.LTX_2_3_DISTILLED, LTXModel.LTX_2_3)
_TRANSFORMER_GB = {
    LTXModel.LTX_2_5_DISTILLED: 38.0,
    LTXModel.LTX_2_5: 38.0,
    LTXModel.LTX_2_3_DISTILLED: 38.0,
    LTXModel.LTX_2_3: 38.0,
    LTXModel.LTX_VIDEO_13B_098_DISTILLED: 26.1,
    LTXModel.LTX_VIDEO_13B_098_DEV: 28.6,
    LTXModel.LTX_VIDEO_13B_097_DISTILLED: 26.1,
    LTXModel.LTX_VIDEO_13B_097_DEV: 26.1,
    LTXModel.LTX_VIDEO_2B_098_DISTILLED: 6.3,
    LTXModel.LTX_VIDEO_2B_096_DISTILLED: 6.3,
}
_MAKERS, _UNSLOTH = "Lightricks/LTX-2.3-fp8", "unsloth/LTX-2.3-GGUF"
_MAKERS_REVISION = "1d756cd27fa11c0896c4dfee093cd1bf36c7f7a1"
_VANTAGE = "vantagewithai/LTX-2.5-GGUF"
_VANTAGE_REVISION = "9a5c1bed3ff27b5e5d055fc04e3ae884381c2343"
_LTX_VIDEO = "Lightricks/LTX-Video"


@dataclass(frozen=True)
class Quantized:
    """One file in place of a model's transformer.

    Attributes:
        like: the model that it runs like.
        stored: what most of it is stored in: "fp8", or a type of GGUF such as "Q4_K".
        path: of the file in its repository.
        size_gb: about.
        size_bytes, sha256: None where only the hub knows them.
        comfortable_vram_gb: with how much of a GPU's memory no weights move in each step; None
            where that is so with the least that it needs.
        ram_gb: of main memory; 8 bit is unpacked there as a whole.
        full_speed_ram_gb: of main memory where no weights move in each step; None for no more.
    """

    id: LTXModel
    like: LTXModel
    stored: str
    summary: str
    repo_id: str
    path: str
    size_gb: float
    comfortable_vram_gb: int | None = None
    ram_gb: int = 16
    full_speed_ram_gb: int | None = 32
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
        has_other_encoder = self.like in _IN_32_BIT
        # A single file in the place of a transformer is all of its set.
        others = [one for one in like.sets if one.target_folder != TRANSFORMER or one.source_folder]
        rest = [_without_weights(one, text_encoder=has_other_encoder) for one in others]
        encoder = (_GEMMA,) if has_other_encoder else ()
        known = RemoteFile(path=self.path, size_bytes=self.size_bytes, sha256=self.sha256)
        file = FileSet(
            repo_id=self.repo_id,
            revision=self.revision,
            allow_patterns=(self.path,),
            source_folder=self.path.rpartition("/")[0],
            target_folder=TRANSFORMER,
            known_files=(known,),
        )
        size_bytes = like.download_bytes - round(_TRANSFORMER_GB[self.like] * _GB)
        size_bytes += self.size_bytes or round(self.size_gb * _GB)
        source = f"{self.path} as listed on {self.repo_id}, {self.size_gb} GB"
        source += f"; the rest as {like.model}"
        if has_other_encoder:
            size_bytes += _GEMMA_BYTES - round(_GEMMA_3_IN_32_BIT_GB * _GB)
            source += ", with Gemma 3 in 16 bit"
        return like.model_copy(
            update={
                "model": self.id,
                "sets": (rest[0], file, *encoder, *rest[1:]),
                "download_bytes": size_bytes,
                "source": source,
            }
        )

    def _needs_note(self) -> str:
        more = self.full_speed_ram_gb
        return f"{FOR_A_CLIP} Needs a GPU" + (
            "." if more is None else f"; full speed takes {more} GB of memory."
        )

    def row(self, like: LocalModel, weights: WeightsSpec) -> LocalModel:
        """The model as it stands in the catalogue.

        Args:
            like: the model that it runs like.
            weights: its own download.
        """
        needs = like.spec.needs
        is_large = needs.comfortable_vram_gb is not None
        spec = like.spec.model_copy(
            update={
                "id": self.id.value,
                "label": f"{like.spec.label}, {self.shown_as}",
                "summary": self.summary,
                "needs": needs.model_copy(
                    update={
                        "ram_gb": self.ram_gb,
                        "comfortable_vram_gb": self.comfortable_vram_gb,
                        "note": self._needs_note() if is_large else needs.note,
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


def _without_weights(files: FileSet, *, text_encoder: bool) -> FileSet:
    """Files of the other model without its transformer's weights, and without its text encoder."""
    unused = [f"{files.source_folder or TRANSFORMER}/*.safetensors*"]
    kept = files.allow_patterns
    if text_encoder:
        unused.append(f"{_TEXT_ENCODER}/*")
        kept = tuple(one for one in kept if not one.startswith(f"{_TEXT_ENCODER}/"))
    return files.model_copy(
        update={"allow_patterns": kept, "ignore_patterns": (*files.ignore_patterns, *unused)}
    )


QUANTIZED: tuple[Quantized, ...] = (
    Quantized(
        LTXModel.LTX_2_5_DISTILLED_Q4,
        LTXModel.LTX_2_5_DISTILLED,
        "Q4_K",
        "The newest in 8 steps; has room on a GPU of 24 GB, and runs from 8 GB on.",
        _VANTAGE,
        "distilled/ltx-2.5-22b-distilled-transformer-Q4_K_M.gguf",
        15.7,
        comfortable_vram_gb=24,
        revision=_VANTAGE_REVISION,
        size_bytes=15_687_639_424,
        sha256="8954332873a705cf1a980a188ace1e0fa015fc84422d2a4a4948df6a629977a7",
    ),
    Quantized(
        LTXModel.LTX_2_5_DISTILLED_Q3,
        LTXModel.LTX_2_5_DISTILLED,
        "Q3_K",
        "The newest in 8 steps; the smallest, with losses that can be seen.",
        "realrebelai/LTX-2.5_GGUFs",
        "LTX-2.5-Distilled-Q3_K_M.gguf",
        11.5,
        comfortable_vram_gb=16,
        revision="112436f97aaf99ce13ecb7b7eca7e2f6c128d3ec",
        size_bytes=11_525_623_808,
        sha256="4286f8de1074c0c4fddfb92f38bd7df9161782b53c1717ebd69f1189c7933265",
    ),
    Quantized(
        LTXModel.LTX_2_5_Q4,
        LTXModel.LTX_2_5,
        "Q4_K",
        "The newest in 30 guided steps; has room on a GPU of 24 GB.",
        _VANTAGE,
        "dev/ltx-2.5-22b-dev-transformer-Q4_K_M.gguf",
        15.7,
        comfortable_vram_gb=24,
        revision=_VANTAGE_REVISION,
    ),
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
        full_speed_ram_gb=None,
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
        full_speed_ram_gb=None,
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
    Quantized(
        LTXModel.LTX_VIDEO_13B_098_DISTILLED_FP8,
        LTXModel.LTX_VIDEO_13B_098_DISTILLED,
        FP8,
        "Silent, good pictures in 8 steps; the makers' own file in 8 bit.",
        _LTX_VIDEO,
        "ltxv-13b-0.9.8-distilled-fp8.safetensors",
        15.7,
        comfortable_vram_gb=24,
        ram_gb=32,
        full_speed_ram_gb=None,
        size_bytes=15_694_280_140,
        sha256="111a3d07baa17f520e98b571e7916139ae0865c9a24b7534529d6b9e74264db3",
    ),
    Quantized(
        LTXModel.LTX_VIDEO_13B_098_DISTILLED_Q3,
        LTXModel.LTX_VIDEO_13B_098_DISTILLED,
        "Q3_K",
        "Silent, in 8 steps; has room on a GPU of 10 GB, with losses that can be seen.",
        "QuantStack/LTXV-13B-0.9.8-distilled-GGUF",
        "LTXV-13B-0.9.8-distilled-Q3_K_M.gguf",
        6.5,
        comfortable_vram_gb=10,
        ram_gb=8,
        full_speed_ram_gb=16,
        sha256="1301695484240e3423df052825eabb836302e43b68fc04111cc25076f5c64b24",
    ),
    Quantized(
        LTXModel.LTX_VIDEO_13B_098_DEV_FP8,
        LTXModel.LTX_VIDEO_13B_098_DEV,
        FP8,
        "Silent, in 30 guided steps; the makers' own file in 8 bit.",
        _LTX_VIDEO,
        "ltxv-13b-0.9.8-dev-fp8.safetensors",
        15.7,
        comfortable_vram_gb=24,
        ram_gb=32,
        full_speed_ram_gb=None,
        size_bytes=15_694_279_916,
        sha256="b281bbb53b76d25a02285c148212b32daa6a57dfa46ce804c9bddba46f948c94",
    ),
    Quantized(
        LTXModel.LTX_VIDEO_13B_097_DISTILLED_Q4,
        LTXModel.LTX_VIDEO_13B_097_DISTILLED,
        "Q4_K",
        "Silent, the older 13B in 8 steps; has room on a GPU of 12 GB.",
        "wsbagnsv1/ltxv-13b-0.9.7-distilled-GGUF",
        "ltxv-13b-0.9.7-distilled-Q4_K_M.gguf",
        8.2,
        comfortable_vram_gb=12,
        ram_gb=8,
        full_speed_ram_gb=16,
    ),
    Quantized(
        LTXModel.LTX_VIDEO_13B_097_DEV_Q4,
        LTXModel.LTX_VIDEO_13B_097_DEV,
        "Q4_K",
        "Silent, the older 13B in 30 guided steps; has room on a GPU of 16 GB.",
        "wsbagnsv1/ltxv-13b-0.9.7-dev-GGUF",
        "ltxv-13b-0.9.7-dev-Q4_K_M.gguf",
        8.2,
        comfortable_vram_gb=16,
        ram_gb=8,
        full_speed_ram_gb=16,
    ),
    Quantized(
        LTXModel.LTX_VIDEO_2B_098_DISTILLED_FP8,
        LTXModel.LTX_VIDEO_2B_098_DISTILLED,
        FP8,
        "Silent, light and quick: 8 steps; the makers' own file in 8 bit.",
        _LTX_VIDEO,
        "ltxv-2b-0.9.8-distilled-fp8.safetensors",
        4.5,
        ram_gb=8,
    ),
    Quantized(
        LTXModel.LTX_VIDEO_2B_096_DISTILLED_Q4,
        LTXModel.LTX_VIDEO_2B_096_DISTILLED,
        "Q4_K",
        "Silent, light, 8 steps; the smallest of all.",
        "city96/LTX-Video-0.9.6-distilled-gguf",
        "ltxv-2b-0.9.6-distilled-04-25-Q4_K_M.gguf",
        1.3,
        ram_gb=8,
    ),
)
"""Of each model that they run like, best first."""
