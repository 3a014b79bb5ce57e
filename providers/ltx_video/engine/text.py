"""Prompts turned into what the transformer reads, and kept on disk for the next clip."""

# pyright: standard

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from core.errors import Problem, UnsupportedRequest
from providers.ltx_video.models.profiles import PipelineFamily

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from providers.ltx_video.engine.pipeline import Pipeline
    from providers.ltx_video.engine.protocol import RenderOrder

_CACHE_BYTES = 2 * 10**9


@dataclass(frozen=True)
class Embedding:
    """An encoded text: (1, length, width) and which of its places hold a token."""

    embeds: torch.Tensor
    mask: torch.Tensor


@dataclass(frozen=True)
class EncodedPrompt:
    """What guides the clip; `negative` is None where it has no effect."""

    positive: Embedding
    negative: Embedding | None


def negative_text(order: RenderOrder) -> str | None:
    """The negative prompt that has an effect: the user's, else the model's own."""
    profile = order.profile
    if not profile.guidance.at(order.plan.guidance_scale).reads_negative_prompt:
        return None
    if order.plan.negative_prompt is not None:
        return order.plan.negative_prompt
    if profile.uses_library_negative_prompt:
        from diffusers.pipelines.ltx2.utils import DEFAULT_NEGATIVE_PROMPT

        return DEFAULT_NEGATIVE_PROMPT
    return profile.negative_prompt or ""


def check_length(tokenizer: Callable[..., Any], order: RenderOrder) -> None:
    """Refuse texts that the model would cut off without a word.

    Raises:
        UnsupportedRequest: for the prompt, the negative prompt or both.
    """
    limit = order.profile.max_sequence_length
    problems: list[Problem] = []
    for field, text in (
        ("prompt", order.plan.prompt),
        ("negative_prompt", order.plan.negative_prompt),
    ):
        count = 0 if text is None else len(tokenizer(text.strip()).input_ids)
        if count > limit:
            message = (
                f"The {field.replace('_', ' ')} has {count} tokens, and {order.plan.spec.label} "
                f"reads {limit}. Shorten it."
            )
            problems.append(Problem(field, message))
    if problems:
        raise UnsupportedRequest(problems)


class EmbeddingCache:
    """Encoded texts on disk, the least used deleted first; damage in it only costs time."""

    def __init__(self, folder: Path, limit_bytes: int = _CACHE_BYTES) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes

    def find(self, order: RenderOrder, text: str) -> Embedding | None:
        """The encoded text, or None when it must be encoded."""
        file = self._file(order, text)
        try:
            stored = load_file(file)
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError):
            file.unlink(missing_ok=True)
            return None
        with suppress(OSError):
            os.utime(file)
        valid, mask = stored["embeds"], stored["mask"]
        embeds = torch.zeros(1, mask.shape[1], valid.shape[1], dtype=valid.dtype)
        embeds[0, mask[0].bool()] = valid
        return Embedding(embeds, mask)

    def keep(self, order: RenderOrder, text: str, embedding: Embedding) -> None:
        """Store the tokens alone: the padding would be most of the file and is never read."""
        file = self._file(order, text)
        aside = file.with_suffix(f".{os.getpid()}")
        mask = embedding.mask.cpu()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            valid = embedding.embeds[0].cpu()[mask[0].bool()].contiguous()
            save_file({"embeds": valid, "mask": mask.contiguous()}, aside)
            aside.replace(file)
            self._trim()
        except OSError:
            # A full disk must not cost the clip.
            aside.unlink(missing_ok=True)

    def _trim(self) -> None:
        files = [(f.stat(), f) for f in self._folder.glob("*.safetensors")]
        total = sum(stat.st_size for stat, _ in files)
        for stat, file in sorted(files, key=lambda item: item[0].st_mtime_ns):
            if total <= self._limit_bytes:
                return
            file.unlink(missing_ok=True)
            total -= stat.st_size

    def _file(self, order: RenderOrder, text: str) -> Path:
        profile = order.profile
        parts = (order.model_key, str(profile.max_sequence_length), profile.dtype.value, text)
        name = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
        return self._folder / f"{name}.safetensors"


def encode(pipeline: Pipeline, order: RenderOrder, text: str) -> Embedding:
    """One text through the model's own text encoder."""
    device = torch.device(order.memory.text_encoder_device.value)
    pipeline.text_encoder.to(device)
    options: dict[str, Any] = {"max_sequence_length": order.profile.max_sequence_length}
    if order.profile.family is PipelineFamily.LTX_2:
        options["scale_factor"] = 8
    with torch.no_grad():
        embeds, mask, _, _ = pipeline.encode_prompt(
            prompt=text,
            do_classifier_free_guidance=False,
            device=device,
            **options,
        )
    assert embeds is not None, "given for every prompt"
    assert mask is not None, "given for every prompt"
    return Embedding(embeds, mask)
