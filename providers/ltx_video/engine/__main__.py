"""The engine process: `python -m providers.ltx_video.engine` makes clips until its stdin closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.engine.process.serving import serve
from providers.ltx_video.engine.protocol import CLIP_ORDER_JSON

if TYPE_CHECKING:
    from providers.ltx_video.engine.pipeline_host import PipelineHost


def _open_host(began_at: float) -> PipelineHost:
    from providers.ltx_video.engine.pipeline_host import PipelineHost

    return PipelineHost(began_at)


if __name__ == "__main__":
    serve(CLIP_ORDER_JSON, _open_host)
