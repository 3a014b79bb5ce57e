"""What of a clip decides how much memory it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.ltx_video.models.sizes import more_tokens, token_count

if TYPE_CHECKING:
    from core.video.plan import RenderPlan
    from core.video.spec import ModelSpec
    from core.video.terms import Target
    from providers.ltx_video.models.profiles import Profile


@dataclass(frozen=True)
class Workload:
    """The clip, as far as it decides about memory.

    Attributes:
        num_frames: of what the transformer works on at a time: of several parts the longest, with
            what it sees of the ones before.
        batch_rows: 2 with guidance, else 1.
        more_tokens: the pieces of images beside those of the clip.
        encodes_video: whether a video becomes latents first, which takes what decoding takes.
        decoded_frames: as many become pictures at once; 0 for `num_frames`.
        lora_billions: the parameters of all its LoRAs.
        has_upsampler: whether it is made in two stages; its second is what needs most.
        has_enhancer: whether its prompt is rewritten first.
    """

    width: int
    height: int
    num_frames: int
    batch_rows: int = 1
    more_tokens: int = 0
    encodes_video: bool = False
    decoded_frames: int = 0
    lora_billions: float = 0.0
    has_upsampler: bool = False
    has_enhancer: bool = False

    @classmethod
    def of(cls, plan: RenderPlan, profile: Profile, *, lora_billions: float = 0.0) -> Workload:
        """The clip of a plan."""
        # Imported late, as it brings the table of controls: a list asks only for the smallest.
        from core.video.planning.windows import windows_of

        rows = _batch_rows(profile, plan.guidance_scale)
        has_source = plan.strength is not None and plan.strength < 1
        # In two stages at half the size, where it takes less than what comes after.
        has_control = plan.reference_downscale > 0 and not plan.refine_steps
        has_video = has_source or has_control or plan.kept_frames > 0 or plan.retake is not None
        longest = max(
            windows_of(plan),
            key=lambda window: (
                token_count(plan.width, plan.height, window.made_frames) + more_tokens(window)
            ),
        )
        return cls(
            plan.width,
            plan.height,
            longest.made_frames,
            rows,
            more_tokens(longest),
            encodes_video=has_video,
            decoded_frames=plan.made_frames if plan.parts else longest.made_frames,
            lora_billions=lora_billions,
            has_upsampler=plan.refine_steps > 0,
            has_enhancer=plan.enhances_prompt,
        )

    @classmethod
    def smallest(cls, spec: ModelSpec, profile: Profile) -> Workload:
        """The least that a model makes."""
        size = min(spec.sizes, key=lambda size: size.width * size.height)
        num_frames = spec.frame_grid.frames(spec.durations.minimum, spec.default_fps)
        scale = spec.guidance_scale.default if spec.guidance_scale else None
        return cls(size.width, size.height, num_frames, _batch_rows(profile, scale))

    @classmethod
    def usual(cls, target: Target, spec: ModelSpec, profile: Profile) -> Workload:
        """The clip of a model that is asked for nothing but a prompt."""
        # Imported late, as above.
        from core.video.planning.clip_plan import make_plan
        from core.video.request import RenderRequest

        request = RenderRequest(target=target, prompt="a clip")
        return cls.of(make_plan(request, spec, new_seed=lambda: 0), profile)

    @property
    def tokens(self) -> int:
        """How many pieces the transformer works on at a time."""
        return token_count(self.width, self.height, self.num_frames) + self.more_tokens

    @property
    def size_tokens(self) -> int:
        """The same of all that is decoded at once, where that is more: by it clips are compared."""
        frames = self.decoded_frames or self.num_frames
        return max(self.tokens, token_count(self.width, self.height, frames))

    @property
    def variant(self) -> str:
        """What decides besides the size, in words for a table."""
        is_in_parts = self.decoded_frames > self.num_frames
        words = {
            "parts": is_in_parts,
            "video": self.encodes_video,
            f"lora-{self.lora_billions:.2f}": self.lora_billions > 0,
            "upsampler": self.has_upsampler,
            "enhancer": self.has_enhancer,
        }
        return "/".join([f"rows-{self.batch_rows}", *(word for word in words if words[word])])

    @property
    def pixels(self) -> int:
        """Of all frames that are decoded."""
        return self.width * self.height * (self.decoded_frames or self.num_frames)


def _batch_rows(profile: Profile, guidance_scale: float | None) -> int:
    return 2 if profile.guidance.at(guidance_scale).reads_negative_prompt else 1
