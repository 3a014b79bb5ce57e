"""The graphs that make clips: by LTX-Video, and by LTX-2 with sound, each from a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.video.placement import images_of
from core.video.terms import Role
from providers.ltx_video.comfyui.graph import NodeGraph

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.video.placement import PlacedImage
    from core.video.plan import RenderPlan
    from providers.ltx_video.comfyui.found_files import GraphFiles
    from providers.ltx_video.comfyui.graph import Link
    from providers.ltx_video.comfyui.models import ServedModel
    from providers.ltx_video.comfyui.nodes import NodeClasses

# How hard the official graphs compress a start image, so that it is like a frame of a video.
_COMPRESSION = 35
_COMPRESSION_2 = 25
# They have the first stage of two only lean on the images; the second one holds them.
_LEAN = 0.7
_STAGE_SEED = 1
_MOST_SEED = 2**64
# The whole length at once: only width and height are cut into tiles.
_WHOLE_LENGTH = 4096


@dataclass(frozen=True)
class ClipOrder:
    """What a graph is made of.

    Attributes:
        plan: the clip; of its files, only where they lie counts.
        places: by path, where each lies with the server.
        prefix: what the file is called there, which no other render has.
    """

    plan: RenderPlan
    places: Mapping[Path, str]
    prefix: str


@dataclass(frozen=True)
class _Words:
    """What the model is guided by: what should be seen, and what should not."""

    positive: Link
    negative: Link


def clip_graph(
    order: ClipOrder, served: ServedModel, files: GraphFiles, classes: NodeClasses
) -> NodeGraph:
    """The graph that makes a clip."""
    graph = NodeGraph(classes)
    make = _AudioVideoGraph if served.makes_audio else _VideoGraph
    make(graph, order, served, files).build()
    return graph


@dataclass(frozen=True)
class _ClipGraph:
    """What both families have in common."""

    graph: NodeGraph
    order: ClipOrder
    served: ServedModel
    files: GraphFiles

    @property
    def plan(self) -> RenderPlan:
        return self.order.plan

    def place(self, role: Role) -> str | None:
        """Where the first file of a role lies with the server; None where there is none."""
        path = self.plan.request.path_of(role)
        return None if path is None else self.order.places[path]

    def with_loras(self, model: Link) -> Link:
        for lora in self.files.loras:
            model = self.graph.add(
                "LoraLoaderModelOnly",
                model=model,
                lora_name=lora.name,
                strength_model=lora.strength,
            )
        return model

    def words(self, clip: Link) -> _Words:
        plan, graph = self.plan, self.graph
        unwanted = plan.negative_prompt or self.served.profile.negative_prompt or ""
        positive = graph.add("CLIPTextEncode", text=plan.prompt, clip=clip)
        negative = graph.add("CLIPTextEncode", text=unwanted, clip=clip)
        paced = graph.add(
            "LTXVConditioning", positive=positive, negative=negative, frame_rate=float(plan.fps)
        )
        return _Words(paced, paced.of(1))

    def empty(self, width: int, height: int) -> Link:
        return self.graph.add(
            "EmptyLTXVLatentVideo",
            width=width,
            height=height,
            length=self.plan.made_frames,
            batch_size=1,
        )

    def image(self, image: PlacedImage, compression: int) -> Link:
        loaded = self.graph.add("LoadImage", image=self.order.places[image.item.path])
        return self.graph.add("LTXVPreprocess", image=loaded, img_compression=compression)

    def sigmas(self, latent: Link) -> Link:
        """The noise levels: the model's own, or those of the server's scheduler for LTX."""
        plan, profile = self.plan, self.served.profile
        steps = plan.num_inference_steps or profile.num_inference_steps
        if plan.strength is not None:
            return self.listed_sigmas(profile.sigmas_from(steps, plan.strength))
        if profile.sigmas is not None:
            return self.listed_sigmas(profile.sigmas)
        return self.graph.add("LTXVScheduler", steps=steps, latent=latent)

    def listed_sigmas(self, levels: tuple[float, ...]) -> Link:
        # Written out: the node takes an exponent for another number.
        listed = ", ".join(f"{level:.7f}".rstrip("0").rstrip(".") for level in (*levels, 0.0))
        return self.graph.add("ManualSigmas", sigmas=listed)

    def guided(
        self, words: _Words, vae: Link, latent: Link, images: tuple[PlacedImage, ...], crf: int
    ) -> tuple[_Words, Link]:
        """Each image laid over the latent as a guide; all three go on from one to the next."""
        for image in images:
            guide = self.graph.add(
                "LTXVAddGuide",
                positive=words.positive,
                negative=words.negative,
                vae=vae,
                latent=latent,
                image=self.image(image, crf),
                frame_idx=image.frame - self.plan.first_made,
                strength=image.strength,
            )
            words, latent = _Words(guide, guide.of(1)), guide.of(2)
        return words, latent

    def cropped(self, words: _Words, latent: Link) -> Link:
        """The latent without its guides, which would stay as frames of the clip."""
        return self.graph.add(
            "LTXVCropGuides", positive=words.positive, negative=words.negative, latent=latent
        ).of(2)

    def save(self, images: Link, audio: Link | None) -> None:
        with_audio = {} if audio is None else {"audio": audio}
        fps = float(self.plan.fps)
        video = self.graph.add("CreateVideo", images=images, fps=fps, **with_audio)
        self.graph.add("SaveVideo", video=video, filename_prefix=self.order.prefix)


class _VideoGraph(_ClipGraph):
    """LTX-Video 0.9: text, images, a source video or one that goes on."""

    def build(self) -> None:
        graph, plan = self.graph, self.plan
        checkpoint = graph.add("CheckpointLoaderSimple", ckpt_name=self.files.checkpoint)
        vae = checkpoint.of(2)
        clip = graph.add("CLIPLoader", clip_name=self.files.text_encoder, type="ltxv")
        words, audio, is_guided = self.words(clip), None, False
        images = images_of(plan)
        source, extended = self.place(Role.SOURCE_VIDEO), self.place(Role.EXTEND_VIDEO)
        if source is not None:
            parts = self._parts(source)
            latent = graph.add("VAEEncode", pixels=parts, vae=vae)
            audio = parts.of(1) if plan.has_audio else None
        elif extended is not None:
            latent = self.empty(plan.width, plan.height)
            seen = graph.add(
                "LTXVAddGuide",
                positive=words.positive,
                negative=words.negative,
                vae=vae,
                latent=latent,
                image=self._parts(extended),
                frame_idx=0,
                strength=1.0,
            )
            words, latent, is_guided = _Words(seen, seen.of(1)), seen.of(2), True
        elif [image.frame for image in images] == [0]:
            started = graph.add(
                "LTXVImgToVideo",
                positive=words.positive,
                negative=words.negative,
                vae=vae,
                image=self.image(images[0], _COMPRESSION),
                width=plan.width,
                height=plan.height,
                length=plan.made_frames,
                batch_size=1,
                strength=images[0].strength,
            )
            words, latent, images = _Words(started, started.of(1)), started.of(2), ()
        else:
            latent = self.empty(plan.width, plan.height)
        if images:
            words, latent = self.guided(words, vae, latent, images, _COMPRESSION)
            is_guided = True
        made = graph.add(
            "SamplerCustom",
            model=self.with_loras(checkpoint),
            add_noise=True,
            noise_seed=plan.seed,
            cfg=1.0 if plan.guidance_scale is None else plan.guidance_scale,
            positive=words.positive,
            negative=words.negative,
            sampler=graph.add("KSamplerSelect", sampler_name="euler"),
            sigmas=self.sigmas(latent),
            latent_image=latent,
        )
        made = self.cropped(words, made) if is_guided else made
        self.save(graph.add("VAEDecode", samples=made, vae=vae), audio)

    def _parts(self, place: str) -> Link:
        """A video's frames and, as the second output, its sound."""
        video = self.graph.add("LoadVideo", file=place)
        return self.graph.add("GetVideoComponents", video=video)


class _AudioVideoGraph(_ClipGraph):
    """LTX-2: picture and sound together, in one stage or two."""

    def build(self) -> None:
        graph, plan, files = self.graph, self.plan, self.files
        checkpoint = graph.add("CheckpointLoaderSimple", ckpt_name=files.checkpoint)
        vae, model = checkpoint.of(2), self.with_loras(checkpoint)
        audio_vae = graph.add("LTXVAudioVAELoader", ckpt_name=files.checkpoint)
        clip = graph.add(
            "LTXAVTextEncoderLoader", text_encoder=files.text_encoder, ckpt_name=files.checkpoint
        )
        words, images, shrink = self.words(clip), images_of(plan), 2 if plan.refine_steps else 1
        start = images[0] if [image.frame for image in images] == [0] else None
        video = empty = self.empty(plan.width // shrink, plan.height // shrink)
        if start is not None:
            lean = _LEAN if plan.refine_steps else 1.0
            video = self._started(vae, video, start, lean * start.strength)
        elif images:
            words, video = self.guided(words, vae, video, images, _COMPRESSION_2)
        given = self._given_audio()
        audio = self._audio_latent(audio_vae, given)
        cfg = 1.0 if plan.guidance_scale is None else plan.guidance_scale
        guider = self._guider(model, words, cfg)
        video, audio = self._sampled(guider, video, audio, self.sigmas(empty), plan.seed)
        if images and start is None:
            video = self.cropped(words, video)
        if plan.refine_steps:
            upscaler = graph.add("LatentUpscaleModelLoader", model_name=files.upscaler)
            video = graph.add("LTXVLatentUpsampler", samples=video, upscale_model=upscaler, vae=vae)
            if start is not None:
                video = self._started(vae, video, start, start.strength)
            sigmas = self.listed_sigmas(self.served.refine_sigmas)
            seed = (plan.seed + _STAGE_SEED) % _MOST_SEED
            guider = self._guider(model, words, 1.0)
            video, audio = self._sampled(guider, video, audio, sigmas, seed)
        frames = graph.add(
            "VAEDecodeTiled",
            samples=video,
            vae=vae,
            tile_size=512,
            overlap=64,
            temporal_size=_WHOLE_LENGTH,
            temporal_overlap=8,
        )
        waveform = given
        if waveform is None and plan.has_audio:
            waveform = graph.add("LTXVAudioVAEDecode", samples=audio, audio_vae=audio_vae)
        self.save(frames, waveform if plan.has_audio else None)

    def _started(self, vae: Link, latent: Link, start: PlacedImage, strength: float) -> Link:
        return self.graph.add(
            "LTXVImgToVideoInplace",
            vae=vae,
            image=self.image(start, _COMPRESSION_2),
            latent=latent,
            strength=strength,
            bypass=False,
        )

    def _given_audio(self) -> Link | None:
        place = self.place(Role.AUDIO)
        return None if place is None else self.graph.add("LoadAudio", audio=place)

    def _audio_latent(self, audio_vae: Link, given: Link | None) -> Link:
        """Room for the sound; one that is given is held by a mask that lets nothing change."""
        graph, plan = self.graph, self.plan
        if given is None:
            return graph.add(
                "LTXVEmptyLatentAudio",
                frames_number=plan.num_frames,
                frame_rate=plan.fps,
                batch_size=1,
                audio_vae=audio_vae,
            )
        encoded = graph.add("LTXVAudioVAEEncode", audio=given, audio_vae=audio_vae)
        return graph.add(
            "SetLatentNoiseMask", samples=encoded, mask=graph.add("SolidMask", value=0.0)
        )

    def _guider(self, model: Link, words: _Words, cfg: float) -> Link:
        return self.graph.add(
            "CFGGuider", model=model, positive=words.positive, negative=words.negative, cfg=cfg
        )

    def _sampled(
        self, guider: Link, video: Link, audio: Link, sigmas: Link, seed: int
    ) -> tuple[Link, Link]:
        graph = self.graph
        made = graph.add(
            "SamplerCustomAdvanced",
            noise=graph.add("RandomNoise", noise_seed=seed),
            guider=guider,
            sampler=graph.add("KSamplerSelect", sampler_name="euler"),
            sigmas=sigmas,
            latent_image=graph.add("LTXVConcatAVLatent", video_latent=video, audio_latent=audio),
        )
        parts = graph.add("LTXVSeparateAVLatent", av_latent=made)
        return parts, parts.of(1)
