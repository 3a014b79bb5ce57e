"""What the tests of services ask for, and how they have it rendered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.video.request import FrameRequest, Input, RenderRequest
from core.video.terms import Target
from tests.providers.contract import Asked

if TYPE_CHECKING:
    from pathlib import Path

    from core.studio import Studio
    from core.video.provider import ProviderInfo


@dataclass(frozen=True)
class HostedPlace:
    """One service, and the smallest clip of the model that its tests mostly ask for."""

    info: ProviderInfo
    small: FrameRequest
    model: str = "ltx-2.3-fast"

    def asked(self, model: str = "", *inputs: Input, **more: Any) -> RenderRequest:
        """A clip of a red ball; small, where it is of the usual model and nothing else is said."""
        model = model or self.model
        target = Target(provider=self.info.id, deployment=self.info.deployment, model=model)
        settings: dict[str, Any] = {"frame": self.small} if model == self.model else {}
        fields = {"prompt": "a red ball", "inputs": inputs, **settings, **more}
        return RenderRequest(target=target, **fields)

    def rendered(
        self, studio: Studio, tmp_path: Path, request: RenderRequest | None = None
    ) -> Asked:
        """The job that made it, or did not."""
        out = tmp_path / "clip.mp4"
        planned = studio.plan(request or self.asked(), out=out)
        job = Asked(studio, studio.submit_render(planned), out)
        job.run()
        return job
