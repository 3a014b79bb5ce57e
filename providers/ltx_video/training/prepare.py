"""A training set as the model sees it: latents and words, made once and kept on disk."""

# pyright: standard

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image, ImageOps
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from core.errors import Problem, UnsupportedRequest
from core.lora.training_set import SET_FIELD
from core.media.images import read_rgb_image
from core.media.source_clip import sample_frames
from providers.engine.process.torch_memory import torch_device
from providers.ltx_video.engine.pipeline import (
    PartLoader,
    load_pipeline,
    load_text_pipeline,
    needed_parts,
    set_tiling,
)
from providers.ltx_video.engine.source import silent_latents
from providers.ltx_video.engine.stages import normalized, stop_between
from providers.ltx_video.engine.text import (
    EmbeddingCache,
    EncodedPrompt,
    encode,
    negative_text,
)
from providers.ltx_video.models.profiles import PipelineFamily
from providers.ltx_video.training.recipe import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from core.jobs.job import CancelToken
    from providers.ltx_video.engine.pipeline import Pipeline
    from providers.ltx_video.engine.protocol import OrderedItem, RenderOrder, TrainOrder

    Tell = Callable[[float, str], None]


class PreparedSet:
    """The items of an order on disk, read when their turn comes: a large set fits no memory."""

    def __init__(self, order: TrainOrder) -> None:
        self._order = order

    def sample(self, number: int, *, has_caption: bool = True) -> Sample:
        """One item, with its caption or without."""
        ordered = self._order.items[number]
        latents = load_file(ordered.latents)
        words = load_file(ordered.words if has_caption else self._order.no_words)
        nothing = torch.zeros(0)
        return Sample(
            video=latents["video"],
            fps=float(self._order.plan.fps),
            text=words["text"],
            audio_text=words.get("audio_text", nothing),
            mask=words["mask"],
            audio=latents.get("audio", nothing),
        )


def is_kept(file: Path) -> bool:
    """Whether a file of the cache is there and whole."""
    try:
        with safe_open(file, "pt"):
            return True
    except (OSError, SafetensorError):
        return False


def prepare_words(
    order: TrainOrder, sample: RenderOrder, loader: PartLoader, tell: Tell, cancel: CancelToken
) -> EncodedPrompt:
    """Read every caption that was not read before; gives the prompt of the validation clips.

    Raises:
        UnsupportedRequest: captions that the model would cut off.
        JobCancelled: asked to stop.
    """
    cache = EmbeddingCache(order.embeddings_dir)
    negative = negative_text(sample)
    texts = [sample.plan.prompt, *(() if negative is None else (negative,))]
    found = {text: cache.find(order, text) for text in texts}
    files = {ordered.caption: ordered.words for ordered in order.items} | {"": order.no_words}
    missing = {text: file for text, file in files.items() if not is_kept(file)}
    if missing or None in found.values():
        is_av = order.profile.family is PipelineFamily.LTX_2
        loader.expect(("text_encoder", *(("connectors",) if is_av else ())))
        tokenizer = loader.load("tokenizer")
        _check_lengths(tokenizer, order)
        pipeline: Any = load_text_pipeline(loader, order, tokenizer)
        connectors = loader.load("connectors").to(order.memory.device.value) if is_av else None

        def stop(_: float) -> None:
            cancel.check()

        for text, embedding in found.items():
            if embedding is None:
                found[text] = encoded = encode(pipeline, order, text, stop)
                cache.keep(order, text, encoded)
        for number, (text, file) in enumerate(missing.items()):
            tell(number / len(missing), f"Caption {number + 1} of {len(missing)}")
            embedding = encode(pipeline, order, text, stop)
            words = {"text": embedding.embeds[0], "mask": embedding.mask[0]}
            if connectors is not None:
                device = torch_device(order.memory.device)
                with torch.no_grad():
                    video, audio, mask = connectors(
                        embedding.embeds.to(device, connectors.dtype),
                        embedding.mask.to(device),
                        padding_side=pipeline.tokenizer_padding_side,
                    )
                words = {"text": video[0], "audio_text": audio[0], "mask": mask[0]}
            _keep(file, words)
    positive, *rest = [found[text] for text in texts]
    assert positive is not None
    return EncodedPrompt(positive, rest[0] if rest else None)


def prepare_latents(order: TrainOrder, pipeline: Pipeline, tell: Tell, cancel: CancelToken) -> None:
    """Encode every image and clip that was not encoded before.

    Raises:
        UnsupportedRequest, UnreadableClip: one cannot be read any more.
        JobCancelled: asked to stop.
    """
    missing = [ordered for ordered in order.items if not is_kept(ordered.latents)]
    set_tiling(pipeline.vae, order)
    with torch.no_grad(), stop_between(pipeline.vae.encoder.down_blocks, cancel):
        for number, ordered in enumerate(missing):
            tell(number / len(missing), f"Image or clip {number + 1} of {len(missing)}")
            _keep(ordered.latents, _latents(pipeline, ordered, order, cancel))


def load_model(order: TrainOrder, loader: PartLoader) -> Pipeline:
    """The model without its text encoder; nothing of it learns."""
    loader.expect(needed_parts(order))
    pipeline = load_pipeline(loader, order, loader.load("tokenizer"))
    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            part.requires_grad_(requires_grad=False)
    return pipeline


def _latents(
    pipeline: Any, ordered: OrderedItem, order: TrainOrder, cancel: CancelToken
) -> dict[str, torch.Tensor]:
    item, bucket, fps = ordered.item, ordered.item.bucket, order.plan.fps
    if item.is_image:
        images = [read_rgb_image(item.path, "image", SET_FIELD).image]
    else:
        images = list(sample_frames(item.path, bucket.num_frames, fps, cancel))
    size = (bucket.width, bucket.height)
    fitted = [ImageOps.fit(image, size, Image.Resampling.LANCZOS) for image in images]
    pixels = pipeline.video_processor.preprocess_video(fitted, bucket.height, bucket.width)
    device = torch_device(order.memory.device)
    encoded = pipeline.vae.encode(pixels.to(device, pipeline.vae.dtype)).latent_dist.mode().float()
    latents = {"video": normalized(pipeline, encoded)[0]}
    if order.profile.family is PipelineFamily.LTX_2:
        audio_vae = pipeline.audio_vae
        silent = pipeline._pack_audio_latents(  # noqa: SLF001 - the pipeline packs its own by it
            silent_latents(pipeline, bucket.num_frames, fps)
        )
        latents["audio"] = pipeline._normalize_audio_latents(  # noqa: SLF001 - as above
            silent, audio_vae.latents_mean, audio_vae.latents_std
        )[0]
    return latents


def _check_lengths(tokenizer: Any, order: TrainOrder) -> None:
    limit = order.profile.max_sequence_length
    problems: list[Problem] = []
    for ordered in order.items:
        count = len(tokenizer(ordered.caption.strip()).input_ids)
        if count > limit:
            message = (
                f"The caption of {ordered.item.path.name!r} has {count} tokens, and "
                f"{order.plan.spec.label} reads {limit}. Shorten it."
            )
            problems.append(Problem(SET_FIELD, message))
    if problems:
        raise UnsupportedRequest(problems)


def _keep(file: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".part")
    try:
        save_file({name: value.cpu().contiguous() for name, value in tensors.items()}, aside)
        aside.replace(file)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise
