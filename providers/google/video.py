"""What Google's video models have in common: their rows, what a clip costs, what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import Problem, UnreadableClip, UnsupportedRequest
from core.services.polling_provider import PollingProvider
from core.video.spec import (
    AspectRatio,
    AudioSpec,
    Durations,
    FrameSize,
    Licence,
    ModelSpec,
    Needs,
)
from core.video.terms import ExtendDirection, Role, Task

if TYPE_CHECKING:
    from core.video.plan import RenderPlan
    from core.video.price import PriceTable

PAGES_READ = date(2026, 11, 30)
"""When what is known of the models was last looked at."""

FPS = 24
_WIDE = {"360p": (640, 360), "720p": (1280, 720), "1080p": (1920, 1080), "2160p": (3840, 2160)}
_MP4 = (".mp4", ".m4v")


@dataclass(frozen=True)
class GoogleModel:
    """A model, its name on the wire, and how much of a video it takes.

    Attributes:
        longest_video_s: of a video that it extends or edits.
        longest_new_s: of what it adds to one.
    """

    spec: ModelSpec
    wire: str
    longest_video_s: float = 0.0
    longest_new_s: float = 0.0


def google_sizes(*resolutions: str) -> tuple[FrameSize, ...]:
    """16:9 and 9:16 of each resolution."""
    return tuple(
        FrameSize(resolution=name, aspect=aspect, width=width, height=height)
        for name in resolutions
        for aspect, (width, height) in (
            (AspectRatio.WIDE_16_9, _WIDE[name]),
            (AspectRatio.TALL_9_16, _WIDE[name][::-1]),
        )
    )


def google_row(family: str, terms: Licence, source: str, price: PriceTable) -> ModelSpec:
    """What all models of a family are like that say nothing else; no model by itself."""
    return ModelSpec(
        id=family,
        label=family,
        summary="",
        family=family,
        tasks=(Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO),
        inputs={Role.START: 1, Role.END: 1},
        sizes=google_sizes("720p", "1080p"),
        fps=(FPS,),
        default_fps=FPS,
        durations=Durations.of(4, 6, 8, default=8),
        steps=None,
        guidance_scale=None,
        takes_negative_prompt=False,
        camera=None,
        audio=AudioSpec(sample_rate_hz=48_000),
        takes_audio_prompt=True,
        extend_directions=(ExtendDirection.FORWARD,),
        sees_whole_video=True,
        max_prompt_tokens=1024,
        size_bytes=None,
        licence=terms,
        needs=Needs(note="The work is done at Google; a key and the internet are needed."),
        price=price,
        is_exact=False,
        as_of=PAGES_READ,
        source=source,
    )


def spec_like(row: ModelSpec, **own: object) -> ModelSpec:
    """A model like that row but for what is named."""
    return ModelSpec.model_validate({**dict(row), **own})


def size_of(plan: RenderPlan) -> FrameSize:
    """The line of the model's size table that a plan is made at."""
    pixels = (plan.width, plan.height)
    return next(size for size in plan.spec.sizes if (size.width, size.height) == pixels)


def resolution_word(plan: RenderPlan) -> str:
    """The word that Google has for a size."""
    name = size_of(plan).resolution
    return "4k" if name == "2160p" else name


class GoogleVideo(PollingProvider):
    """Fits plans to a table of Google's models.

    Attributes:
        table: the first is what `auto` stands for.
    """

    table: tuple[GoogleModel, ...]
    # As often as Google asks to be asked about videos.
    poll_s = 10.0

    @override
    def models(self) -> tuple[ModelSpec, ...]:
        return tuple(model.spec for model in self.table)

    @override
    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan with its price and what that is based on.

        Raises:
            UnsupportedRequest: with everything that the model refuses and its row cannot say.
        """
        model = find_model(self.table, plan.target.model)
        found = [*self.problems(plan), *_video_problems(plan, model)]
        if found:
            raise UnsupportedRequest(found)
        return self._priced(plan)

    def problems(self, plan: RenderPlan) -> list[Problem]:
        """What only this service refuses of a plan."""
        return _image_problems(plan)

    def _priced(self, plan: RenderPlan) -> RenderPlan:
        price, label = plan.spec.price, self.info.label
        if plan.request.of_role(Role.EXTEND_VIDEO):
            # The list has a second of clip, and nobody says which seconds of this one count.
            plan = plan.model_copy(update={"cost_usd": None})
            return plan.with_notes(
                f"{label} does not say whether the seconds that are there already are billed with "
                "the new ones, so what it costs is not known."
            )
        if plan.cost_usd is None:
            return plan.with_notes(f"What {label} asks for this is not known.")
        goes_by = "size, length and sound" if _is_by_audio(price) else "size and length"
        return plan.with_notes(
            f"The price goes by {goes_by}, and is that of {price.as_of:%Y-%m-%d} ({price.source}); "
            f"{label} bills what it makes."
        )


def find_model(table: tuple[GoogleModel, ...], name: str) -> GoogleModel:
    """The model of that id, which is in the table."""
    return next(model for model in table if model.spec.id == name)


def _is_by_audio(price: PriceTable) -> bool:
    return any(row.has_audio is not None for row in price.rows)


def _image_problems(plan: RenderPlan) -> list[Problem]:
    # Imported late, as everywhere here: a list of models looks at no inputs.
    from core.video.inputs import field_of, full_strength_problems

    label, request = plan.spec.label, plan.request
    found = full_strength_problems(request, plan.spec)
    if request.of_role(Role.END) and not request.of_role(Role.START, Role.EXTEND_VIDEO):
        message = f"{label} takes an end image only together with a start image. Name one."
        found.append(Problem(field_of(Role.END), message))
    return found


def _video_problems(plan: RenderPlan, model: GoogleModel) -> list[Problem]:
    from core.video.inputs import field_of

    found: list[Problem] = []
    label, item = plan.spec.label, plan.request.one(Role.EXTEND_VIDEO)
    there_s, does = plan.kept_frames / plan.fps, "extends"
    if item is None:
        item, does = plan.request.one(Role.SOURCE_VIDEO), "edits"
        if item is None:
            return found
        from core.media.source_clip import read_video_facts

        try:
            # The plan knows only as much of it as the longest clip has.
            there_s = read_video_facts(item.path).duration_s
        except (UnreadableClip, OSError):
            return found  # told with the file itself
    field = field_of(item.role)
    if item.path.suffix.lower() not in _MP4:
        message = f"{label} {does} MP4 files alone. Convert {item.path.name!r}."
        found.append(Problem(field, message))
    if not 1 <= there_s <= model.longest_video_s:
        found.append(
            Problem(
                field,
                f"{label} {does} videos of 1 to {model.longest_video_s:g} s, and this one is "
                f"{there_s:.2f} s long. Cut it first.",
            )
        )
    new_s = plan.num_new / plan.fps
    if does == "extends" and new_s > model.longest_new_s:
        found.append(
            Problem(
                "frame.duration_s",
                f"{label} adds at most {model.longest_new_s:g} s at a time, not {new_s:.2f} s. "
                "Shorten it, and extend the longer clip once more.",
            )
        )
    return found
