"""Every place of the registration list that renders elsewhere, with its stub on loopback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.video.request import FrameRequest
from core.video.terms import Target
from tests.fakes.services.comfyui_server import comfyui_entry, comfyui_server
from tests.fakes.services.fal_server import fal_entry, fal_server
from tests.fakes.services.lightricks_server import lightricks_entry, lightricks_server
from tests.fakes.services.omni_server import omni_entry, omni_server
from tests.fakes.services.replicate_server import replicate_entry, replicate_server
from tests.fakes.services.veo_server import veo_entry, veo_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from core.video.provider import ProviderEntry
    from tests.fakes.services.stub_service import StubService


@dataclass(frozen=True)
class Service:
    """One place, and a small clip of it.

    Attributes:
        model: of the place.
        frame: what is asked of it.
        bill_usd: what the service's own list says of that clip; nothing where it is free.
        serve: runs the stub, with its books in a folder.
        entry: the line of the registration list, which asks more often than it may.
    """

    model: str
    frame: FrameRequest
    bill_usd: float
    serve: Callable[[Path], AbstractContextManager[StubService[Any, Any]]]
    entry: Callable[[], ProviderEntry]

    @property
    def target(self) -> Target:
        info = self.entry().info
        return Target(provider=info.id, deployment=info.deployment, model=self.model)


SERVICES = (
    Service(
        "ltx-2.3-22b",
        FrameRequest(duration_s=0.5, resolution="480p"),
        832 * 480 * 17 / 1e6 * 0.001605,
        fal_server,
        fal_entry,
    ),
    Service(
        "ltx-2.3-fast", FrameRequest(duration_s=6, fps=24), 6 * 0.06, replicate_server,
        replicate_entry,
    ),
    Service(
        "ltx-2.3-fast", FrameRequest(duration_s=2, resolution="720p", fps=24), 2 * 0.03,
        lightricks_server, lightricks_entry,
    ),
    Service(
        "veo-3.1-fast", FrameRequest(duration_s=4, resolution="720p"), 4 * 0.10, veo_server,
        veo_entry,
    ),
    Service(
        "gemini-omni-1.2-flash", FrameRequest(duration_s=3, resolution="360p"), 3 * 0.023,
        omni_server, omni_entry,
    ),
    Service(
        "ltx-video-2b-0.9.8-distilled", FrameRequest(duration_s=0.5, resolution="480p"), 0.0,
        comfyui_server, comfyui_entry,
    ),
)  # fmt: skip
"""In the order of the list."""
