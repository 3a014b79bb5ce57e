"""LTX-Video for Python scripts: the requests, plans and jobs of the program, without its window."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Self,
    Unpack,
    assert_never,
    cast,
)

import pydantic
from pydantic import (
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
    with_config,
)
from typing_extensions import TypedDict

from core.errors import JobCancelled, Problem, RenderFailed, UnsupportedRequest
from core.jobs.job import Cancelled, Failed, Progressed, Succeeded
from core.lora.training import Targets  # noqa: TC001 - read when the call is checked
from core.lora.training_set import list_training_set
from core.mistakes import mistakes_in
from core.platform.paths import Paths
from core.studio import Studio
from core.video.enhance_job import EnhancedPrompt, read_words
from core.video.inputs import ROLES, field_of
from core.video.lora_training import TrainingRequest
from core.video.planning.render_planner import PlannedRender
from core.video.request import Editing, FrameRequest, Input, Motion, RenderRequest, Sampling
from core.video.terms import AUTO, ControlMap, ExtendDirection, RetakePart, Role, Target
from providers import PROVIDERS
from providers.ltx_video.arguments import checked_arguments, refused_arguments
from providers.ltx_video.models.info import INFO, LTXDeploymentMode, LTXModel

if TYPE_CHECKING:
    from core.jobs.job import JobUpdate
    from core.video.plan import RenderPlan


@pydantic.dataclasses.dataclass(frozen=True, config=ConfigDict(allow_inf_nan=False, extra="forbid"))
class LTXGenerationConfig:
    """One clip as a script asks for it; what is None is left to the model.

    Names and paths may be plain strings. What is no value of its field is refused at once, with
    `UnsupportedRequest`.

    Attributes:
        prompt: what is to be seen, and heard.
        enhance_prompt: the model's own enhancer rewrites the prompt first.
        enhanced_prompt: what the model reads in place of the prompt.
        model: None for the best one that is installed and fits.
        resolution: a name such as "720p", or a size such as "1280x736".
        auto_duration: the model chooses the length, within the plan's bounds.
        interpolated_fps: a higher rate, for which the frames between are made afterwards.
        motion_speed: how fast everything moves: 1 is real time, less is slow motion.
        audio_prompt: what is to be heard, for models with sound.
        image, end_image: the first frame and the last one.
        keyframes: a time in seconds and the picture that the clip comes by then; a third value is
            how strongly, from 0 to 1.
        audio_file: a sound that the clip follows and gets.
        control_video, control_map: a clip whose shapes and moves this one follows, and by what.
        strength: for `transform_video`, how much is made anew: 0 gives it back, 1 ignores it.
        extend_direction: for `extend_video`.
        retake_from_s, retake_to_s, retake_part: for `retake_video`, what is made anew; None is the
            clip's beginning and its end, and picture and sound.
        loras: a file, or the name of one of your own, and its scale.
        workflow: a graph of your own in API format, for a ComfyUI.
        out: a file (.mp4) or an existing folder; None for the usual output folder.
        overwrite: replace an existing file.
    """

    prompt: str
    model: LTXModel | str | None = None
    enhance_prompt: bool | None = None
    enhanced_prompt: str | None = None
    negative_prompt: str | None = None
    resolution: str | None = None
    aspect_ratio: str | None = None
    fps: int | None = None
    interpolated_fps: int | None = None
    duration_s: float | None = None
    auto_duration: bool | None = None
    include_audio: bool | None = None
    audio_prompt: str | None = None
    image: Path | str | None = None
    end_image: Path | str | None = None
    keyframes: tuple[tuple[float, Path | str] | tuple[float, Path | str, float], ...] = ()
    reference_images: tuple[Path | str, ...] = ()
    audio_file: Path | str | None = None
    control_video: Path | str | None = None
    control_map: ControlMap | None = None
    strength: float | None = None
    extend_direction: ExtendDirection | None = None
    retake_from_s: float | None = None
    retake_to_s: float | None = None
    retake_part: RetakePart | None = None
    camera_motion: str | None = None
    camera_speed: float | None = None
    motion_speed: float | None = None
    loras: tuple[tuple[Path | str, float], ...] = ()
    workflow: Path | str | None = None
    seed: int | None = None
    guidance_scale: float | None = None
    num_inference_steps: int | None = None
    two_stage: bool | None = None
    out: Path | str | None = None
    overwrite: bool = False

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_by_name(cls, given: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(given)
        except ValidationError as error:
            if not all(mistake["loc"] for mistake in error.errors()):
                raise  # no call with fields, but a wrong argument of another call, which tells it
            raise refused_arguments(error, cls) from error

    @checked_arguments
    def request(self, deployment: LTXDeploymentMode) -> RenderRequest:
        """The same as the program's own request.

        Raises:
            UnsupportedRequest: times and strengths are none, with each of them.
        """
        keyframes = [
            _input(Role.KEYFRAME, path, at_s=at, strength=next(iter(more), None))
            for at, path, *more in self.keyframes
        ]
        loras = [_input(Role.LORA, path, strength=scale) for path, scale in self.loras]
        problems = [one for one in (*keyframes, *loras) if isinstance(one, Problem)]
        if problems:
            raise UnsupportedRequest(problems)
        single = (
            (Role.START, self.image),
            (Role.END, self.end_image),
            (Role.AUDIO, self.audio_file),
            (Role.CONTROL, self.control_video),
            (Role.WORKFLOW, self.workflow),
        )
        return RenderRequest(
            target=_target(deployment, self.model),
            prompt=self.prompt,
            enhance_prompt=self.enhance_prompt,
            enhanced_prompt=self.enhanced_prompt,
            negative_prompt=self.negative_prompt,
            audio_prompt=self.audio_prompt,
            frame=FrameRequest(
                resolution=self.resolution,
                aspect=self.aspect_ratio,
                fps=self.fps,
                interpolated_fps=self.interpolated_fps,
                duration_s=self.duration_s,
                auto_duration=self.auto_duration,
            ),
            inputs=(
                *(Input(role=role, path=Path(path)) for role, path in single if path is not None),
                *(one for one in keyframes if isinstance(one, Input)),
                *(Input(role=Role.REFERENCE, path=Path(path)) for path in self.reference_images),
                *(one for one in loras if isinstance(one, Input)),
            ),
            editing=Editing(
                strength=self.strength,
                direction=self.extend_direction,
                retake_from_s=self.retake_from_s,
                retake_to_s=self.retake_to_s,
                retake_part=self.retake_part,
                control_map=self.control_map,
            ),
            motion=Motion(
                camera=self.camera_motion,
                speed=self.camera_speed,
                motion_speed=self.motion_speed,
            ),
            audio=self.include_audio,
            sampling=Sampling(
                seed=self.seed,
                num_inference_steps=self.num_inference_steps,
                guidance_scale=self.guidance_scale,
                two_stage=self.two_stage,
            ),
        )


@dataclass(frozen=True)
class LTXGenerationResult:
    """A finished clip, and the plan that it was made by; the same plan gives the same clip."""

    path: Path
    plan: RenderPlan
    job_id: str


@with_config(ConfigDict(extra="forbid"))
class LTXTrainingChoices(TypedDict, total=False):
    """What can be chosen of a LoRA's training; `Recipe` says what each is."""

    steps: int
    trigger: str
    rank: int
    alpha: float
    targets: Targets
    learning_rate: float
    batch_size: int
    seed: int
    caption_dropout: float
    first_frame_share: float
    validate_every: int
    save_every: int
    validation_prompt: str


class LTXVideoClient:
    """Makes clips one after the other with a model that stays loaded; to be closed.

    Every method that makes a clip raises `UnsupportedRequest` with all that is wrong before
    anything starts, `NotConfigured` where a model or the machine does not suffice, and
    `RenderFailed` with the program's own words where no clip came out. Cancelling the task that
    waits for a clip ends the work on it first. What is made is in the program's history and queue.
    """

    @checked_arguments
    def __init__(
        self,
        deployment: LTXDeploymentMode = LTXDeploymentMode.LOCAL,
        *,
        paths: Paths | None = None,
        on_progress: Callable[[Progressed], None] | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            deployment: where LTX runs.
            paths: other places than the user's own.
            on_progress: told how far a clip is, from another thread.
        """
        self._deployment = deployment
        self._on_progress = on_progress
        entries = [
            entry
            for entry in PROVIDERS
            if (entry.info.id, entry.info.deployment) == (INFO.id, deployment.value)
        ]
        self._studio = Studio(entries, paths=paths)

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """End the engine and let go of the queue."""
        self._studio.close()

    @checked_arguments
    def plan(self, config: LTXGenerationConfig) -> PlannedRender:
        """What `generate_video_async` would do, exactly; makes nothing.

        Raises:
            UnsupportedRequest: with everything that is wrong.
        """
        return self._planned(config)

    @checked_arguments
    async def generate_video_async(self, config: LTXGenerationConfig) -> LTXGenerationResult:
        """A clip from words, with whatever files the config names."""
        return await self._make(config)

    @checked_arguments
    async def enhance_prompt(self, config: LTXGenerationConfig) -> EnhancedPrompt:
        """The prompt as the model's own enhancer writes it; no clip is made.

        What it wrote is given to a clip as `enhanced_prompt`.
        """
        request = config.request(self._deployment)
        planned = await asyncio.to_thread(self._studio.plan_enhancement, request)
        job_id = await asyncio.to_thread(self._studio.submit_enhancement, planned)
        file = await self._run(job_id, str(planned.plan.target))
        return EnhancedPrompt(planned.plan.request.prompt, read_words(file), planned.plan.seed)

    @checked_arguments
    async def generate_with_keyframes(self, config: LTXGenerationConfig) -> LTXGenerationResult:
        """A clip that comes by pictures, each at its time."""
        if not config.keyframes:
            message = "No keyframe is named. Name at least one, with its time in seconds."
            raise UnsupportedRequest([Problem("inputs.keyframe", message)])
        return await self._make(config)

    @checked_arguments
    async def extend_video(
        self, video_path: Path | str, config: LTXGenerationConfig
    ) -> LTXGenerationResult:
        """A clip that goes on, after its end, before its beginning or both."""
        return await self._with_video(Role.EXTEND_VIDEO, video_path, config)

    @checked_arguments
    async def transform_video(
        self, video_path: Path | str, config: LTXGenerationConfig
    ) -> LTXGenerationResult:
        """A clip made anew, as much as the strength says."""
        return await self._with_video(Role.SOURCE_VIDEO, video_path, config)

    @checked_arguments
    async def retake_video(
        self, video_path: Path | str, config: LTXGenerationConfig
    ) -> LTXGenerationResult:
        """A clip of which a part is made anew, and all else is kept."""
        return await self._with_video(Role.RETAKE_VIDEO, video_path, config)

    @checked_arguments
    async def reframe_video(
        self, video_path: Path | str, config: LTXGenerationConfig
    ) -> LTXGenerationResult:
        """A clip at another aspect, all of its picture kept and what is beside it made."""
        return await self._with_video(Role.REFRAME_VIDEO, video_path, config)

    @checked_arguments
    async def fine_tune_lora(
        self,
        source: Path | str,
        *,
        model: LTXModel | str | None = None,
        name: str | None = None,
        resolution: str | None = None,
        length_s: float | None = None,
        overwrite: bool = False,
        **choices: Unpack[LTXTrainingChoices],
    ) -> Path:
        """Train a LoRA on a folder or a manifest of images and clips; gives its file.

        Args:
            source: as `main.py train-lora` takes it.
            model: None for the one that a render would take.
            name: of the LoRA in the collection; None for that of the source.
            resolution: one of the model's; None for its usual one.
            length_s: of the longest piece of a clip that is learned.
            overwrite: replace a LoRA of that name.
            choices: of the recipe; what is not named is as usual for the model.
        """
        request = TrainingRequest(
            target=_target(self._deployment, model),
            listed=list_training_set(Path(source)),
            choices=cast("dict[str, Any]", choices),
            resolution=resolution,
            length_s=length_s,
            name=name,
            overwrite=overwrite,
        )
        with _naming_overwrite():
            plan = await asyncio.to_thread(self._studio.plan_training, request)
        job_id = await asyncio.to_thread(self._studio.submit_training, plan)
        return await self._run(job_id, str(plan.target))

    async def _with_video(
        self, role: Role, video_path: Path | str, config: LTXGenerationConfig
    ) -> LTXGenerationResult:
        return await self._make(config, Input(role=role, path=Path(video_path)))

    def _planned(self, config: LTXGenerationConfig, *videos: Input) -> PlannedRender:
        out = None if config.out is None else Path(config.out)
        unread: list[Problem] = []
        try:
            request = config.request(self._deployment)
        except UnsupportedRequest as error:
            # The rest is planned all the same, and everything that is wrong is told at once.
            unread += error.problems
            request = replace(config, keyframes=(), loras=()).request(self._deployment)
        request = request.with_inputs((*request.inputs, *videos))
        with _naming_overwrite():
            try:
                planned = self._studio.plan(request, out=out, overwrite=config.overwrite)
            except UnsupportedRequest as error:
                raise UnsupportedRequest([*unread, *error.problems]) from error
            if unread:
                raise UnsupportedRequest(unread)
        return planned

    async def _make(self, config: LTXGenerationConfig, *videos: Input) -> LTXGenerationResult:
        planned = await asyncio.to_thread(self._planned, config, *videos)
        job_id = await asyncio.to_thread(self._studio.submit_render, planned)
        path = await self._run(job_id, str(planned.plan.target))
        return LTXGenerationResult(path, planned.plan, job_id)

    async def _run(self, job_id: str, target: str) -> Path:
        queue = self._studio.queue

        def on_update(update: JobUpdate) -> None:
            event, is_ours = update.event, update.job_id == job_id
            if is_ours and self._on_progress is not None and isinstance(event, Progressed):
                self._on_progress(event)

        unsubscribe = queue.subscribe(on_update)
        running = asyncio.create_task(asyncio.to_thread(queue.run_job, job_id))
        try:
            # Nothing may be left working when the caller is told that it was cancelled.
            outcome = await asyncio.shield(running)
        except asyncio.CancelledError:
            queue.cancel(job_id)
            await running
            raise
        finally:
            unsubscribe()
        match outcome:
            case Succeeded(path=path):
                return path
            case Failed(error=error):
                raise RenderFailed(error.message, target=target, hint=error.hint)
            case Cancelled():
                raise JobCancelled
            case _:
                assert_never(outcome)


@contextmanager
def _naming_overwrite() -> Generator[None]:
    """Say of a name that is taken how a script has it replaced."""
    try:
        yield
    except UnsupportedRequest as error:
        raise error.with_replacing("set overwrite=True") from error


def _target(deployment: LTXDeploymentMode, model: LTXModel | str | None) -> Target:
    chosen = AUTO if model is None else str(model)
    return Target(provider=INFO.id, deployment=deployment.value, model=chosen)


def _input(
    role: Role, path: Path | str, *, at_s: float | None = None, strength: float | None = None
) -> Input | Problem:
    """The file with its time and strength, or what is wrong with them."""
    try:
        return Input(role=role, path=Path(path), at_s=at_s, strength=strength)
    except ValidationError as error:
        where = f"The {ROLES[role].name} {str(path)!r} cannot be used"
        return Problem(field_of(role), f"{where}: {mistakes_in(error, 'it')}.")
