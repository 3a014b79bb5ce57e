"""Makes clips with one warm pipeline, stage by stage, and says how it goes."""

# pyright: standard

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from core.jobs.lanes import Stage
from core.video.planning.prompt_parts import with_enhanced_prompt
from core.video.planning.windows import windows_of
from core.video.spec import Residency
from core.video.terms import ControlMap, Role
from providers.engine.events import Made, Refused
from providers.engine.process.errors import NoWords, translate
from providers.engine.process.lora_overlay import LoraOverlay
from providers.engine.process.order_run import OrderRun
from providers.engine.process.torch_memory import (
    return_memory,
    torch_device,
)
from providers.ltx_video.engine.clip import write_clip
from providers.ltx_video.engine.part_chain import denoise_ends, denoise_parts
from providers.ltx_video.engine.pipeline import (
    PartLoader,
    Pipeline,
    compute_dtype,
    load_enhancer,
    load_pipeline,
    load_text_pipeline,
    needed_parts,
    set_tiling,
)
from providers.ltx_video.engine.preview import Previewer
from providers.ltx_video.engine.source import all_frames, fitted_frames, whole_audio
from providers.ltx_video.engine.stages import choose_length, decode_all, denoise
from providers.ltx_video.engine.text import (
    EmbeddingCache,
    EncodedPrompt,
    check_length,
    encode,
    enhance,
    negative_text,
)
from providers.ltx_video.engine.upsampler import Upsampler
from providers.ltx_video.maps.control_maps import ControlMaps
from providers.ltx_video.models.downloads import DURATION_HEAD, UPSAMPLER
from providers.ltx_video.models.profiles import Enhancer
from providers.ltx_video.models.two_stages import first_stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np

    from core.jobs.job import CancelToken
    from providers.engine.events import Event
    from providers.engine.streams import EventWriter
    from providers.ltx_video.engine.protocol import ModelOrder, RenderOrder
    from providers.ltx_video.engine.stages import Denoised
    from providers.ltx_video.engine.text import Embedding

    LoaderFactory = Callable[[ModelOrder, CancelToken, Callable[[float, str], None]], PartLoader]

# Of the bar of an enhancement.
_LOADING_SHARE = 0.3


class PipelineHost:
    """Holds the loaded model between clips; a clip of another model or layout replaces it.

    Args:
        began_at: when the process began, by the monotonic clock.
        loader: makes what loads the parts of a model.
    """

    def __init__(self, began_at: float, loader: LoaderFactory = PartLoader) -> None:
        # The first clip counts the start of the engine as part of its loading.
        self._began_at: float | None = began_at
        self._loader = loader
        self._layout = ""
        self._tokenizer: Any = None
        self._pipeline: Pipeline | None = None
        self._text_pipeline: Pipeline | None = None
        self._upsampler: Upsampler | None = None
        self._duration_head: Any = None
        self._loras = LoraOverlay()

    def answer(self, order: RenderOrder, cancel: CancelToken, events: EventWriter) -> Event:
        """Make the clip or the words, or say why there are none."""
        run = _ClipRun(order, cancel, events)
        work = self._write_words if order.order == "enhance" else self._make
        event = translate(lambda: run.made(work(run)), order)
        if isinstance(event, Refused) and event.kind == "OutOfMemory":
            self._drop()
        elif not isinstance(event, Made):
            # What was interrupted may have left a part on the GPU.
            self._rest_text_encoder(order)
            if self._pipeline is not None:
                self._pipeline.maybe_free_model_hooks()
        return event

    def _write_words(self, run: _ClipRun) -> Path:
        self._enhance(run)
        self._rest_text_encoder(run.order)
        file = run.order.workdir / "enhanced.txt"
        file.write_text(run.enhanced_prompt or "", encoding="utf-8")
        return file

    def _make(self, run: _ClipRun) -> Path:
        maps = self._draw_maps(run) if run.order.plan.request.of_role(Role.CONTROL) else None
        if run.order.plan.enhances_prompt:
            self._enhance(run)
        pipeline, prompts = self._prepare(run)
        if run.order.plan.least_frames is not None:
            self._choose_length(run, pipeline, prompts[0])
        order = run.order
        steps = order.plan.num_inference_steps or order.profile.num_inference_steps
        steps = steps * len(prompts) + order.plan.refine_steps
        with run.stage(Stage.DENOISE, message=f"Step 0 of {steps}"):
            made: tuple[tuple[RenderOrder, Denoised], ...]
            if order.plan.parts:
                parts = denoise_parts(pipeline, order, prompts, run.on_step, run.cancel)
                made = ((order, parts),)
            elif order.plan.passes > 1:
                made = denoise_ends(pipeline, order, prompts, run.on_step, run.cancel)
            else:
                first = order.model_copy(update={"plan": first_stage(order.plan)})
                denoised = denoise(
                    pipeline,
                    order,
                    prompts[0],
                    run.on_step,
                    run.cancel,
                    Previewer(pipeline, first),
                    self._upsampler,
                    maps=maps,
                    refining=lambda: self._loras.resting(order),
                )
                made = ((order, denoised),)
        with run.stage(Stage.DECODE, message="Decoding"):
            set_tiling(pipeline.vae, order)
            frames, audio = decode_all(pipeline, made, run.on_progress, run.cancel)
            audio = whole_audio(order, audio)
        clip = order.workdir / "clip.mp4"
        with run.stage(Stage.WRITE, message="Writing the clip"):
            whole = all_frames(order, frames, run.cancel)
            write_clip(clip, whole, order.plan.fps, audio, run.on_frame)
        return clip

    def _draw_maps(self, run: _ClipRun) -> np.ndarray:
        """What is followed of the control video; what draws it is gone when it is drawn."""
        order, cancel = run.order, run.cancel
        assert order.maps_dir is not None, "a clip that follows a video has it"
        plan = first_stage(order.plan)
        maps = ControlMaps(plan, order.map_models, order.maps_dir)
        video = plan.request.path_of(Role.CONTROL)
        assert video is not None, "asked for"
        # What came before belongs to the loading.
        before_s = None if self._began_at is None else time.monotonic() - self._began_at
        kept = maps.find(cancel)
        verb = "Reading" if maps.kind is ControlMap.GIVEN else "Drawing"

        def count(number: int) -> None:
            run.on_progress(number / maps.count, f"{verb} map {number} of {maps.count}")

        with run.stage(Stage.MAPS, is_short=kept is not None, message=f"{verb} the maps"):
            if kept is None:
                device = torch_device(order.memory.device)
                frames = fitted_frames(plan, video, cancel)
                kept = maps.draw(frames, device, count, cancel)
                return_memory()
        if before_s is not None:
            self._began_at = time.monotonic() - before_s
        return kept

    def _enhance(self, run: _ClipRun) -> None:
        """Rewrite the prompt; whatever follows reads the new one."""
        order = run.order
        if self._layout != _layout(order):
            self._drop()
        # What came before belongs to the loading and not to the words.
        before_s = None if self._began_at is None else time.monotonic() - self._began_at
        is_own = order.profile.enhancer is Enhancer.OWN
        with run.stage(Stage.ENHANCE, message="Loading what enhances the prompt"):
            loader = self._loader(
                order, run.cancel, lambda done, text: run.tell(_LOADING_SHARE * done, text)
            )
            if self._tokenizer is None:
                self._tokenizer = loader.load("tokenizer")
                self._layout = _layout(order)
            check_length(self._tokenizer, order)
            needs_encoder = not is_own and self._text_pipeline is None
            if order.memory.frees_text_encoder and (is_own or needs_encoder):
                # There is room for one language model and nothing beside it.
                self._pipeline = None
                self._rest_text_encoder(order)
                return_memory()
            names = (Enhancer.OWN.value,) if is_own else ("text_encoder",) * needs_encoder
            loader.expect(names)
            if needs_encoder:
                self._text_pipeline = load_text_pipeline(loader, order, self._tokenizer)
            enhancer = load_enhancer(loader, order, self._text_pipeline)
            run.tell(_LOADING_SHARE, "Writing")
            text = enhance(
                enhancer,
                order,
                lambda done: run.on_progress(_LOADING_SHARE + (1 - _LOADING_SHARE) * done),
                run.cancel,
            )
            if not text:
                raise NoWords(order.plan.spec.label)
            del enhancer
            return_memory()
            run.tell(1.0, "")
        run.take_words(text)
        if before_s is not None:
            self._began_at = time.monotonic() - before_s

    def _choose_length(self, run: _ClipRun, pipeline: Pipeline, prompt: EncodedPrompt) -> None:
        """Settle the length that the plan leaves open; whatever follows is as long."""
        is_short = run.was_short(Stage.ENCODE)
        with run.stage(Stage.ENCODE, is_short=is_short, message="Choosing the length"):
            if self._duration_head is None:
                loader = self._loader(run.order, run.cancel, lambda _, text: run.tell(1.0, text))
                self._duration_head = loader.load(DURATION_HEAD)
            num_frames = choose_length(pipeline, run.order, prompt, self._duration_head)
            plan = run.order.plan.with_length(num_frames)
            run.num_frames = num_frames
            run.order = run.order.model_copy(update={"plan": plan})
            run.tell(1.0, f"The clip has {plan.frames_text}, {plan.seconds_text}")

    def _prepare(self, run: _ClipRun) -> _Prepared:
        """The loaded pipeline and the encoded prompts, one for each part.

        A plan that frees the text encoder has no room for it beside the transformer, so there the
        prompt is encoded before the transformer is loaded.
        """
        order = run.order
        cache = EmbeddingCache(order.embeddings_dir)
        if self._layout != _layout(order):
            self._drop()
        loader = self._loader(order, run.cancel, run.tell)
        is_warm = self._pipeline is not None
        began_at, self._began_at = self._began_at, None
        with run.stage(Stage.LOAD, is_short=is_warm, began_at=began_at):
            if self._tokenizer is None:
                self._tokenizer = loader.load("tokenizer")
                self._layout = _layout(order)
            check_length(self._tokenizer, order)
            prompts = [window.prompt for window in windows_of(order.plan)]
            negative = negative_text(order)
            texts = prompts if negative is None else [*prompts, negative]
            found = {text: cache.find(order, text) for text in texts}
            missing = [text for text, embedding in found.items() if embedding is None]
            needs_encoder = bool(missing) and self._text_pipeline is None
            if needs_encoder and order.memory.frees_text_encoder and is_warm:
                self._pipeline = None
                return_memory()
            if not missing:
                # It may have enhanced the prompt, and has nothing more to do.
                self._rest_text_encoder(order)
            loader.expect(
                (("text_encoder",) if needs_encoder else ())
                + (needed_parts(order) if self._pipeline is None else ())
            )
            if not (missing and order.memory.frees_text_encoder):
                self._load_rest(loader, order)
            if needs_encoder:
                self._text_pipeline = load_text_pipeline(loader, order, self._tokenizer)
        with run.stage(Stage.ENCODE, is_short=not missing, message="Reading the prompt"):
            try:
                for place, text in enumerate(missing):
                    assert self._text_pipeline is not None
                    run.cancel.check()

                    def tell(done: float, place: int = place) -> None:
                        run.on_progress((place + done) / len(missing))

                    embedding = encode(self._text_pipeline, order, text, tell)
                    cache.keep(order, text, embedding)
                    found[text] = embedding
            finally:
                self._rest_text_encoder(order)
        if self._pipeline is None:
            with run.stage(Stage.LOAD):
                self._load_rest(loader, order)
        assert self._pipeline is not None
        return _Prepared(
            self._pipeline,
            tuple(
                EncodedPrompt(_there(found[text]), None if negative is None else found[negative])
                for text in prompts
            ),
        )

    def _load_rest(self, loader: PartLoader, order: RenderOrder) -> None:
        if self._pipeline is None:
            self._pipeline = load_pipeline(loader, order, self._tokenizer)
        if order.plan.refine_steps and self._upsampler is None:
            self._upsampler = Upsampler(loader.load(UPSAMPLER))
        self._loras.lay(self._pipeline, order, compute_dtype(order), loader.tell)

    def _rest_text_encoder(self, order: RenderOrder) -> None:
        """After encoding, leave the text encoder where the plan wants it."""
        if self._text_pipeline is None:
            return
        if order.memory.frees_text_encoder:
            self._text_pipeline = None
            return_memory()
        elif order.memory.residency is not Residency.RESIDENT:
            self._text_pipeline.text_encoder.to("cpu")

    def _drop(self) -> None:
        self._pipeline = self._text_pipeline = self._tokenizer = self._upsampler = None
        self._layout = ""
        self._duration_head = None
        self._loras = LoraOverlay()
        return_memory()


class _ClipRun(OrderRun["RenderOrder"]):
    """A clip on its way: besides, what its words and its length have become."""

    enhanced_prompt: str | None = None
    num_frames: int | None = None

    def made(self, file: Path) -> Made:
        return Made(
            number=self.order.number,
            file=file,
            figures=self.figures,
            enhanced_prompt=self.enhanced_prompt,
            num_frames=self.num_frames,
        )

    def take_words(self, text: str) -> None:
        """Go on with the prompt as it was enhanced."""
        self.enhanced_prompt = text
        plan = with_enhanced_prompt(self.order.plan, text)
        self.order = self.order.model_copy(update={"plan": plan})

    def on_frame(self, frames: int) -> None:
        self.cancel.check()
        self.tell(frames / self.order.plan.num_frames, "")


class _Prepared(NamedTuple):
    pipeline: Pipeline
    prompts: tuple[EncodedPrompt, ...]


def _there(embedding: Embedding | None) -> Embedding:
    assert embedding is not None, "what was missing was encoded"
    return embedding


def _layout(order: RenderOrder) -> str:
    """Two orders with the same layout can use the same loaded pipeline."""
    memory = order.memory
    return "\0".join(
        (
            str(order.folder),
            order.model_key,
            memory.device,
            memory.residency,
            memory.precision,
            memory.text_encoder_bits,
            order.profile.model_dump_json(),
        )
    )
