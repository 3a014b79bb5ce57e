"""The registration list: every provider on every deployment, opened when it is first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.video.provider import JobKind, ProviderEntry
from providers.fal.info import IMAGES as FAL_IMAGES
from providers.google.info import IMAGES as GOOGLE_IMAGES
from providers.google.info import OMNI, VEO
from providers.local_images.models.info import INFO as LOCAL_IMAGES
from providers.ltx_video.comfyui.info import INFO as LTX_COMFYUI
from providers.ltx_video.fal.info import INFO as LTX_FAL
from providers.ltx_video.lightricks.info import INFO as LTX_LIGHTRICKS
from providers.ltx_video.models.info import INFO as LTX_LOCAL
from providers.ltx_video.models.info import INSTALL_MODEL
from providers.ltx_video.replicate.info import INFO as LTX_REPLICATE
from providers.openai.info import BACKGROUND as OPENAI_BACKGROUND
from providers.openai.info import OPENAI
from providers.replicate.info import IMAGES as REPLICATE_IMAGES
from providers.stability.info import STABILITY

if TYPE_CHECKING:
    from core.jobs.job import Job
    from core.video.provider import ProviderContext, VideoProvider


def _open_ltx_local(context: ProviderContext) -> VideoProvider:
    # Only who opens a provider pays for importing its model table.
    from providers.ltx_video.local import LocalLTX

    return LocalLTX(context)


def _open_ltx_fal(context: ProviderContext) -> VideoProvider:
    # As above; what a service itself needs is imported by whoever asks it something.
    from providers.ltx_video.fal.provider import FalLTX

    return FalLTX(context)


def _open_ltx_lightricks(context: ProviderContext) -> VideoProvider:
    from providers.ltx_video.lightricks.provider import LightricksLTX

    return LightricksLTX(context)


def _open_ltx_replicate(context: ProviderContext) -> VideoProvider:
    from providers.ltx_video.replicate.provider import ReplicateLTX

    return ReplicateLTX(context)


def _open_veo(context: ProviderContext) -> VideoProvider:
    from providers.google.veo.provider import GoogleVeo

    return GoogleVeo(context)


def _open_omni(context: ProviderContext) -> VideoProvider:
    from providers.google.omni.provider import GeminiOmni

    return GeminiOmni(context)


def _open_google_images(context: ProviderContext) -> VideoProvider:
    from providers.google.images.provider import GoogleImages

    return GoogleImages(context)


def _open_openai(context: ProviderContext) -> VideoProvider:
    from providers.openai.provider import OpenAIImages

    return OpenAIImages(context)


def _open_openai_background(context: ProviderContext) -> VideoProvider:
    from providers.openai.provider import OpenAIBackground

    return OpenAIBackground(context)


def _open_stability(context: ProviderContext) -> VideoProvider:
    from providers.stability.provider import StabilityImages

    return StabilityImages(context)


def _open_fal_images(context: ProviderContext) -> VideoProvider:
    from providers.fal.images.provider import FalImages

    return FalImages(context)


def _open_replicate_images(context: ProviderContext) -> VideoProvider:
    from providers.replicate.images.provider import ReplicateImages

    return ReplicateImages(context)


def _open_local_images(context: ProviderContext) -> VideoProvider:
    from providers.local_images.provider import LocalImages

    return LocalImages(context)


def _open_ltx_comfyui(context: ProviderContext) -> VideoProvider:
    from providers.ltx_video.comfyui.provider import ComfyLTX

    return ComfyLTX(context)


def _build_install(context: ProviderContext, payload: str) -> Job:
    # Only who takes up an installation pays for importing what it needs.
    from providers.ltx_video.install.weights import InstallModelJob

    return InstallModelJob.from_payload(
        payload, context.paths.models_dir, context.keys, network=context.network
    )


PROVIDERS: tuple[ProviderEntry, ...] = (
    ProviderEntry(LTX_LOCAL, _open_ltx_local, (JobKind(INSTALL_MODEL, _build_install),)),
    ProviderEntry(LTX_FAL, _open_ltx_fal),
    ProviderEntry(LTX_REPLICATE, _open_ltx_replicate),
    ProviderEntry(LTX_LIGHTRICKS, _open_ltx_lightricks),
    ProviderEntry(LTX_COMFYUI, _open_ltx_comfyui),
    ProviderEntry(OMNI, _open_omni),
    ProviderEntry(VEO, _open_veo),
    ProviderEntry(LOCAL_IMAGES, _open_local_images),
    ProviderEntry(OPENAI, _open_openai),
    ProviderEntry(OPENAI_BACKGROUND, _open_openai_background),
    ProviderEntry(GOOGLE_IMAGES, _open_google_images),
    ProviderEntry(STABILITY, _open_stability),
    ProviderEntry(FAL_IMAGES, _open_fal_images),
    ProviderEntry(REPLICATE_IMAGES, _open_replicate_images),
)
"""In the order in which they are offered."""
