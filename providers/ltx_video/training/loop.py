"""One training from its order to its file: prepared, learned step by step, looked at on the way."""

# pyright: standard

from __future__ import annotations

import math
import time
from statistics import fmean
from typing import TYPE_CHECKING

import torch
from PIL import Image
from safetensors.torch import save_file

from core.errors import JobCancelled, RenderFailed
from core.jobs.lanes import Stage
from core.lora.training import RECORD, LossLine, read_record, record_text
from core.platform.files import write_text_atomically
from core.video.memory import Device
from providers.engine.events import Advanced, Began, Made
from providers.engine.process.errors import translate
from providers.engine.process.torch_memory import return_memory, torch_device
from providers.ltx_video.engine.clip import write_clip
from providers.ltx_video.engine.pipeline import PartLoader, compute_dtype
from providers.ltx_video.engine.protocol import RenderOrder
from providers.ltx_video.engine.stages import decode, denoise, stop_between
from providers.ltx_video.training.adapter import TrainedLora
from providers.ltx_video.training.checkpoint import load_checkpoint, save_checkpoint
from providers.ltx_video.training.prepare import (
    PreparedSet,
    load_model,
    prepare_latents,
    prepare_words,
)
from providers.ltx_video.training.recipe import VALIDATION_LEVELS, Learner, draw_levels

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.lora.training_set import Bucket
    from providers.engine.events import Event
    from providers.engine.streams import EventWriter
    from providers.ltx_video.engine.pipeline import Pipeline
    from providers.ltx_video.engine.protocol import TrainOrder
    from providers.ltx_video.engine.text import EncodedPrompt

LORA = "lora.safetensors"
"""The finished file, in the job's work folder."""

_STEPS_OF_A_LINE = 10
_LONGEST_GRADIENT = 1.0
_MOST_VALIDATED = 8
_SEED_OF_VALIDATION = 20_000
# Seeds of steps lie so far apart that no step of one training is one of another.
_SEED_STRIDE = 1_000_003
_SEEDS = 2**63


def answer(order: TrainOrder, cancel: CancelToken, events: EventWriter) -> Event:
    """Train the LoRA, or say why there is none."""
    training = _Training(order, cancel, events)
    return translate(lambda: Made(number=order.number, file=training.run(), figures=()), order)


class _Training:
    """One training that is under way."""

    def __init__(self, order: TrainOrder, cancel: CancelToken, events: EventWriter) -> None:
        self._order = order
        self._recipe = order.plan.recipe
        self._cancel = cancel
        self._events = events
        self._stage = Stage.LOAD
        self._lines: list[LossLine] = []
        self._began_at = time.monotonic()
        self._still: Path | None = None

    def run(self) -> Path:
        """Do all of it; gives the LoRA, in the work folder."""
        order = self._order
        loader = PartLoader(order, self._cancel, self._tell)
        sample = self._sample_order()
        self._begin(Stage.ENCODE, "Reading the captions")
        prompt = prepare_words(order, sample, loader, self._tell, self._cancel)
        # The text encoder is done, and there may be no room for both.
        return_memory()
        self._begin(Stage.LOAD, "Loading the model")
        pipeline = load_model(order, loader)
        self._begin(Stage.ENCODE, "Reading the set")
        prepare_latents(order, pipeline, self._tell, self._cancel)
        transformer = pipeline.transformer
        device = torch_device(order.memory.device)
        if order.memory.device is not Device.CPU:
            # Of each block only its input is kept; the rest is computed once more on the way back.
            # What is trained on processors is small, and would only take longer.
            transformer.enable_gradient_checkpointing()
        recipe = self._recipe
        lora = TrainedLora(order.layers, recipe.rank, recipe.alpha, recipe.seed, device)
        lora.lay_over(transformer)
        self._begin(Stage.TRAIN, "")
        learner = Learner(pipeline, order.profile, compute_dtype(order))
        with stop_between(transformer.transformer_blocks, self._cancel):
            self._learn(lora, learner, pipeline, sample, prompt)
        file = order.workdir / LORA
        save_file(lora.tensors(), file, order.metadata)
        return file

    def _learn(
        self,
        lora: TrainedLora,
        learner: Learner,
        pipeline: Pipeline,
        sample: RenderOrder,
        prompt: EncodedPrompt,
    ) -> None:
        recipe, kept = self._recipe, self._order.kept
        prepared = PreparedSet(self._order)
        buckets = self._learned_by_bucket()
        optimizer = torch.optim.AdamW(lora.parameters(), lr=recipe.learning_rate)
        progress = load_checkpoint(kept, lora, optimizer)
        step, losses = progress.step, list(progress.losses)
        self._lines = [line for line in read_record(kept / RECORD) if line.step <= step]
        saved = step
        try:
            while True:
                self._cancel.check()
                is_written = bool(self._lines) and self._lines[-1].step == step
                is_last = step == recipe.steps
                if is_last or step % recipe.validate_every == 0:
                    if not is_written:
                        self._look(step, losses, learner, pipeline, sample, prompt)
                        losses = []
                elif step % _STEPS_OF_A_LINE == 0 and not is_written:
                    self._note(LossLine(step=step, loss=fmean(losses)))
                    losses = []
                if step > saved and (is_last or step % recipe.save_every == 0):
                    save_checkpoint(kept, lora, optimizer, step, losses)
                    saved = step
                if is_last:
                    return
                losses.append(self._take_step(step, lora, learner, prepared, buckets, optimizer))
                step += 1
                self._tell_step(step, losses[-1])
        except JobCancelled:
            # A step that was broken off has changed nothing yet.
            if step > saved:
                save_checkpoint(kept, lora, optimizer, step, losses)
            raise

    def _take_step(
        self,
        step: int,
        lora: TrainedLora,
        learner: Learner,
        prepared: PreparedSet,
        buckets: dict[Bucket, list[int]],
        optimizer: torch.optim.AdamW,
    ) -> float:
        """The LoRA a little better; gives the loss that it had before.

        Raises:
            RenderFailed: the loss is no number any more.
        """
        recipe = self._recipe
        random = torch.Generator().manual_seed((recipe.seed * _SEED_STRIDE + step) % _SEEDS)
        optimizer.zero_grad(set_to_none=True)
        loss = self._loss(learner, prepared, buckets, random)
        value = loss.item()
        if not math.isfinite(value):
            raise RenderFailed(
                f"The training went astray at step {step + 1}: its loss is no number any more. "
                "Train it again with a lower learning rate, such as "
                f"{recipe.learning_rate / 4:g}."
            )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(lora.parameters(), _LONGEST_GRADIENT)
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * (1 - step / recipe.steps)
        optimizer.step()
        return value

    def _loss(
        self,
        learner: Learner,
        prepared: PreparedSet,
        buckets: dict[Bucket, list[int]],
        random: torch.Generator,
    ) -> torch.Tensor:
        """Of one step, all of whose chances come out of `random`."""
        recipe = self._recipe
        # A bucket's turn comes as often as it has items.
        every = [number for numbers in buckets.values() for number in numbers]
        first = every[_below(len(every), random)]
        bucket = self._order.items[first].item.bucket
        alike = buckets[bucket]
        chosen = [first]
        chosen += [alike[_below(len(alike), random)] for _ in range(recipe.batch_size - 1)]
        captioned = torch.rand(len(chosen), generator=random) >= recipe.caption_dropout
        gives_first = bool(torch.rand(1, generator=random) < recipe.first_frame_share)
        samples = [
            prepared.sample(number, has_caption=bool(is_read))
            for number, is_read in zip(chosen, captioned, strict=True)
        ]
        tokens = samples[0].video[0].numel()
        levels = draw_levels(len(samples), tokens, random)
        return learner.loss(samples, levels, random, gives_first_frame=gives_first)

    def _learned_by_bucket(self) -> dict[Bucket, list[int]]:
        found: dict[Bucket, list[int]] = {}
        for number, ordered in enumerate(self._order.items):
            if not ordered.item.is_held_back:
                found.setdefault(ordered.item.bucket, []).append(number)
        return found

    def _look(
        self,
        step: int,
        losses: list[float],
        learner: Learner,
        pipeline: Pipeline,
        sample: RenderOrder,
        prompt: EncodedPrompt,
    ) -> None:
        """Measure the validation loss, make a clip, and note both."""
        validation = self._validation_loss(learner)
        clip = self._order.kept / f"step-{step:06}.mp4"
        if step:
            clip.unlink(missing_ok=True)
            denoised = denoise(pipeline, sample, prompt, lambda *_: None, self._cancel, None)
            frames, _ = decode(pipeline, sample, denoised, lambda _: None, self._cancel)
            write_clip(clip, frames, sample.plan.fps, None, lambda _: self._cancel.check())
            self._still = self._order.workdir / f"{clip.stem}.png"
            Image.fromarray(frames[len(frames) // 2]).save(self._still)
        self._note(
            LossLine(
                step=step,
                loss=fmean(losses) if losses else None,
                validation_loss=validation,
                clip=clip.name if step else None,
            )
        )

    def _validation_loss(self, learner: Learner) -> float:
        """Over what is held back, else over what is learned; the same noise every time."""
        held = [n for n, ordered in enumerate(self._order.items) if ordered.item.is_held_back]
        numbers = held or list(range(min(_MOST_VALIDATED, len(self._order.items))))
        prepared, levels = PreparedSet(self._order), torch.tensor(VALIDATION_LEVELS)
        losses: list[float] = []
        for number in numbers:
            random = torch.Generator().manual_seed(_SEED_OF_VALIDATION + number)
            samples = [prepared.sample(number)] * len(levels)
            with torch.no_grad():
                losses.append(float(learner.loss(samples, levels, random)))
        return fmean(losses)

    def _note(self, line: LossLine) -> None:
        seconds = round(time.monotonic() - self._began_at, 2)
        self._lines.append(line.model_copy(update={"seconds": seconds}))
        write_text_atomically(self._order.kept / RECORD, record_text(self._lines))

    def _sample_order(self) -> RenderOrder:
        order = self._order
        return RenderOrder(
            number=order.number,
            plan=order.sample,
            memory=order.memory,
            profile=order.profile,
            folder=order.folder,
            model_key=order.model_key,
            repair=order.repair,
            workdir=order.workdir,
            images=(),
            embeddings_dir=order.embeddings_dir,
            offload_dir=order.offload_dir,
        )

    def _begin(self, stage: Stage, message: str) -> None:
        self._cancel.check()
        self._stage = stage
        self._events.send(Began(number=self._order.number, stage=stage, message=message))

    def _tell(self, done: float, message: str) -> None:
        self._send(min(1.0, done), message)

    def _tell_step(self, step: int, loss: float) -> None:
        steps = self._recipe.steps
        validated = [line.validation_loss for line in self._lines if line.validation_loss]
        words = f"step {step} of {steps}, loss {loss:.3f}"
        if validated:
            words += f", validation {validated[0]:.3f} to {validated[-1]:.3f}"
        self._send(step / steps, words, step)

    def _send(self, done: float, message: str, step: int | None = None) -> None:
        self._events.send(
            Advanced(
                number=self._order.number,
                stage=self._stage,
                done=done,
                message=message,
                step=step,
                steps=None if step is None else self._recipe.steps,
                preview=self._still,
            )
        )


def _below(count: int, random: torch.Generator) -> int:
    return int(torch.randint(count, (1,), generator=random))
