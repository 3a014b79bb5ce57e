"""LTX at its makers: its table, and the client that it is asked by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from providers.ltx_video.hosted.provider import HostedLTX
from providers.ltx_video.lightricks.info import INFO
from providers.ltx_video.lightricks.models import MODELS

if TYPE_CHECKING:
    from providers.ltx_video.lightricks.client import LightricksClient


class LightricksLTX(HostedLTX):
    """LTX on the machines of its makers."""

    info = INFO
    table = MODELS
    # As often as the service asks to be asked, and as many at a time as an account begins with.
    poll_s = 5.0
    most_at_once = 2

    @override
    def client(self, target: str, key: str) -> LightricksClient:
        # Imported late: a list of models asks the service nothing.
        from providers.ltx_video.lightricks.client import LightricksClient

        return LightricksClient(target, key)
