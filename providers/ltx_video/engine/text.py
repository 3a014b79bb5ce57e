"""Prompts rewritten, turned into what the transformer reads, and kept for the next clip."""

# pyright: standard

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import transformers
from diffusers.pipelines.ltx2 import utils
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from typing_extensions import override

from core.errors import Problem, UnsupportedRequest
from core.platform.files import hold_file, remove, set_aside
from core.video.terms import EncoderBits
from providers.ltx_video.models.profiles import Enhancer, PipelineFamily

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from core.jobs.job import CancelToken
    from providers.ltx_video.engine.kept_latents import KeepingLTX2Pipeline
    from providers.ltx_video.engine.pipeline import Pipeline
    from providers.ltx_video.engine.protocol import ModelOrder, RenderOrder

_CACHE_BYTES = 2 * 10**9
_PROOF = "sha256"
_PART = ".part"
_LOCK = ".lock"


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
        UnsupportedRequest: for each prompt, the negative prompt or all of them.
    """
    limit = order.profile.max_sequence_length
    problems: list[Problem] = []
    parts = order.plan.parts
    prompts = [
        ("prompt", f"prompt of part {number}", part.prompt)
        for number, part in enumerate(parts, start=1)
    ] or [("prompt", "prompt", order.plan.prompt)]
    negative = ("negative_prompt", "negative prompt", order.plan.negative_prompt)
    for field, name, text in (*prompts, negative):
        count = 0 if text is None else len(tokenizer(text.strip()).input_ids)
        if count > limit:
            message = (
                f"The {name} has {count} tokens, and {order.plan.spec.label} "
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

    def find(self, order: ModelOrder, text: str) -> Embedding | None:
        """The encoded text, or None when it must be encoded."""
        file = self._file(order, text)
        try:
            with safe_open(file, "pt") as opened:
                proof = (opened.metadata() or {}).get(_PROOF)
                valid, mask = opened.get_tensor("embeds"), opened.get_tensor("mask")
        except (OSError, SafetensorError):
            # Missing, damaged, another thing of that name, or closed to us.
            return None
        # Another encoding of the prompt is another clip, and nobody would know.
        if proof != _proof_of(file.name, valid, mask):
            return None
        with suppress(OSError):
            os.utime(file)
        embeds = torch.zeros(1, mask.shape[1], valid.shape[1], dtype=valid.dtype)
        embeds[0, mask[0].bool()] = valid
        return Embedding(embeds, mask)

    def keep(self, order: ModelOrder, text: str, embedding: Embedding) -> None:
        """Store the tokens alone: the padding would be most of the file and is never read."""
        file = self._file(order, text)
        mask = embedding.mask.cpu().contiguous()
        valid = embedding.embeds[0].cpu()[mask[0].bool()].contiguous()
        # Whatever is wrong with the cache, a full disk above all, must not cost the clip.
        with suppress(OSError, SafetensorError):
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = hold_file(self._folder / _LOCK)
            if lock is None:
                return
            try:
                self._sweep()
                aside = file.with_suffix(_PART)
                proof = {_PROOF: _proof_of(file.name, valid, mask)}
                save_file({"embeds": valid, "mask": mask}, aside, proof)
                if file.is_dir():
                    set_aside(file)
                aside.replace(file)
                self._trim()
            finally:
                lock.release()

    def _sweep(self) -> None:
        """Remove what was half-written when an engine was killed; whoever holds the lock may."""
        for file in self._folder.iterdir():
            if file.suffix == _PART or file.suffix[1:].isdigit():
                remove(file)

    def _trim(self) -> None:
        files = [(f.stat(), f) for f in self._folder.glob("*.safetensors") if f.is_file()]
        total = sum(stat.st_size for stat, _ in files)
        for stat, file in sorted(files, key=lambda item: item[0].st_mtime_ns):
            if total <= self._limit_bytes:
                return
            file.unlink(missing_ok=True)
            total -= stat.st_size

    def _file(self, order: ModelOrder, text: str) -> Path:
        profile = order.profile
        parts = (order.model_key, str(profile.max_sequence_length), profile.dtype.value, text)
        if order.memory.text_encoder_bits is not EncoderBits.SIXTEEN:
            parts = (*parts, order.memory.text_encoder_bits.value)
        name = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
        return self._folder / f"{name}.safetensors"


def _proof_of(name: str, valid: torch.Tensor, mask: torch.Tensor) -> str:
    """The hash of what a file holds and of the name under which it does."""
    digest = hashlib.sha256(name.encode())
    for tensor in (valid, mask):
        digest.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def encode(
    pipeline: Pipeline, order: ModelOrder, text: str, on_layer: Callable[[float], None]
) -> Embedding:
    """One text through the model's own text encoder.

    Args:
        pipeline: has the encoder.
        order: says where it works, and how much it reads.
        text: a prompt.
        on_layer: is given the share that is done after each layer; may raise to stop there.
    """
    device = torch.device(order.memory.text_encoder_device.value)
    pipeline.text_encoder.to(device)
    options: dict[str, Any] = {"max_sequence_length": order.profile.max_sequence_length}
    if order.profile.family is PipelineFamily.LTX_2:
        options["scale_factor"] = 8
    with torch.no_grad(), layers_watched(pipeline.text_encoder, on_layer):
        embeds, mask, _, _ = pipeline.encode_prompt(
            prompt=text,
            do_classifier_free_guidance=False,
            device=device,
            **options,
        )
    assert embeds is not None, "given for every prompt"
    assert mask is not None, "given for every prompt"
    return Embedding(embeds, mask)


class Gemma4Processor(transformers.Gemma4Processor):
    """Puts words and one picture before Gemma 4.

    Without its parts for sound and video: the one for video needs torchvision, which nothing else
    here does. No `__init__`: transformers reads the parent's to tell which parts there are.
    """

    @override
    def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
        if argument is None:
            return None
        return super().check_argument_for_proper_class(argument_name, argument)


def load_processor(folder: Path) -> Any:
    """What puts words and a picture before the enhancer whose folder it lies beside.

    Raises:
        OSError: it cannot be read.
        ValueError: it is of no kind that is known.
    """
    settings = json.loads((folder / "processor_config.json").read_text(encoding="utf-8"))
    if settings.get("processor_class") != Gemma4Processor.__name__:
        return transformers.AutoProcessor.from_pretrained(folder, local_files_only=True)
    return Gemma4Processor(
        feature_extractor=None,
        image_processor=transformers.AutoImageProcessor.from_pretrained(
            folder, local_files_only=True
        ),
        tokenizer=transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True),
        video_processor=None,
        image_seq_length=settings["image_seq_length"],
    )


@contextmanager
def layers_watched(encoder: torch.nn.Module, on_layer: Callable[[float], None]) -> Generator[None]:
    """Be told after each layer of a language model which share of a pass is done; may raise.

    On a processor a large one takes minutes, in one call that says nothing by itself.
    """
    lists = [part for part in encoder.modules() if isinstance(part, torch.nn.ModuleList)]
    layers = list(max(lists, key=len, default=()))
    hooks = [
        layer.register_forward_hook(lambda *_, done=done: on_layer(done / len(layers)))
        for done, layer in enumerate(layers, start=1)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def enhance(
    pipeline: KeepingLTX2Pipeline,
    order: RenderOrder,
    on_progress: Callable[[float], None],
    cancel: CancelToken,
) -> str:
    """The prompt as the enhancer writes it, which sees the clip's first frame where one is given.

    It draws from the clip's own seed, as diffusers does when it enhances and renders in one call.

    Args:
        pipeline: of `load_enhancer`.
        order: the clip.
        on_progress: told what share of the longest text that may come is written.
        cancel: the wish to stop, heard between two layers.
    """
    plan, is_own = order.plan, order.profile.enhancer is Enhancer.OWN
    config = (
        utils.GEMMA4_PROMPT_ENHANCEMENT_CONFIG
        if is_own
        else (utils.GEMMA3_PROMPT_ENHANCEMENT_CONFIG)
    )
    first = next((image for image in order.images if image.frame == 0), None)
    image = None
    if first is not None:
        with Image.open(first.path) as opened:
            image = opened.convert("RGB")
    instructions = {
        (True, True): utils.LTX2_5_I2V_DEFAULT_SYSTEM_PROMPT,
        (True, False): utils.LTX2_5_T2V_DEFAULT_SYSTEM_PROMPT,
        (False, True): utils.I2V_DEFAULT_SYSTEM_PROMPT,
        (False, False): utils.T2V_DEFAULT_SYSTEM_PROMPT,
    }
    enhancer: Any = pipeline.prompt_enhancer if is_own else pipeline.text_encoder
    watch = _Watch(lambda count: on_progress(count / config.max_new_tokens))
    with torch.no_grad(), layers_watched(enhancer, lambda _: cancel.check()):
        texts = pipeline.enhance_prompt(
            prompt=plan.request.prompt.strip(),
            system_prompt=instructions[is_own, image is not None],
            seed=plan.seed,
            generation_kwargs={
                **config.generation_kwargs,
                "stopping_criteria": transformers.StoppingCriteriaList([watch]),
            },
            device=torch.device(order.memory.text_encoder_device.value),
            image=image,
        )
    return texts[0].strip()


class _Watch(transformers.StoppingCriteria):
    """Counts the tokens as they are written; it never ends the text."""

    def __init__(self, on_token: Callable[[int], None]) -> None:
        self._on_token = on_token
        self._count = 0

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> Any:
        self._count += 1
        self._on_token(self._count)
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)
