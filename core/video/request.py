"""What the user wants, in one vocabulary for every provider; None means "not asked for"."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from core.errors import Problem, UnsupportedRequest
from core.frozen import Frozen
from core.video.spec import Residency, Task

AUTO = "auto"
"""The model name that lets the provider choose the best one this machine can run."""


class Target(Frozen):
    """Who renders: a provider, where it runs, and which of its models."""

    provider: str
    deployment: str
    model: str = AUTO

    @classmethod
    def parse(cls, text: str) -> Target:
        """A target from "provider/deployment/model"; without a model it is `auto`.

        Raises:
            UnsupportedRequest: the text has another form.
        """
        parts = [part.strip() for part in text.split("/")]
        if len(parts) not in (2, 3) or not all(parts):
            raise UnsupportedRequest(
                [
                    Problem(
                        "target",
                        f"{text!r} is not a target. Write it as provider/deployment/model, "
                        "for example ltx-video/local/ltx-mini.",
                    )
                ]
            )
        return cls(provider=parts[0], deployment=parts[1], model=parts[2] if parts[2:] else AUTO)

    def with_model(self, model: str) -> Target:
        """The same provider and deployment with another model."""
        return self.model_copy(update={"model": model})

    def __str__(self) -> str:
        return f"{self.provider}/{self.deployment}/{self.model}"


class FrameRequest(Frozen):
    """The picture that is asked for; names are checked against the model's own tables.

    `resolution` is a name such as "720p" or a size such as "1280x736".
    """

    resolution: str | None = None
    aspect: str | None = None
    fps: int | None = None
    duration_s: float | None = None


class Inputs(Frozen):
    """Files that the clip is made from; references show what things look like."""

    start_image: Path | None = None
    end_image: Path | None = None
    reference_images: tuple[Path, ...] = ()


class Lora(Frozen):
    """A file of small weights laid over the model's own; `scale` 0 is none of it, 1 all."""

    path: Path
    scale: float = Field(default=1.0, ge=0, le=2)


class Delivery(Frozen):
    """How the render is carried out, which does not change the clip.

    Attributes:
        memory: the layout in memory; None lets the provider choose.
        webhook_url: told by the service when the clip is ready.
    """

    memory: Residency | None = None
    webhook_url: str | None = None


class Motion(Frozen):
    """A camera move by its name, such as "pan_left", and its speed (1 is normal)."""

    camera: str | None = None
    speed: float | None = None


class Sampling(Frozen):
    """How the model samples."""

    seed: int | None = None
    num_inference_steps: int | None = None
    guidance_scale: float | None = None


class RenderRequest(Frozen):
    """One clip as the user asks for it: intent only, neither checked nor completed."""

    target: Target
    prompt: str
    negative_prompt: str | None = None
    frame: FrameRequest = FrameRequest()
    inputs: Inputs = Inputs()
    motion: Motion = Motion()
    audio: bool | None = None
    audio_prompt: str | None = None
    sampling: Sampling = Sampling()
    loras: tuple[Lora, ...] = ()
    delivery: Delivery = Delivery()

    @property
    def task(self) -> Task:
        """The kind of work that the given inputs ask for."""
        if self.inputs.start_image is not None:
            return Task.IMAGE_TO_VIDEO
        return Task.TEXT_TO_VIDEO

    def with_model(self, model: str) -> RenderRequest:
        """The same request for another model of the same provider and deployment."""
        return self.model_copy(update={"target": self.target.with_model(model)})
