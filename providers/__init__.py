"""The registration list: every provider on every deployment, opened when it is first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.video.provider import ProviderEntry
from providers.ltx_video.info import INFO as LTX_LOCAL

if TYPE_CHECKING:
    from core.video.provider import ProviderContext, VideoProvider


def _open_ltx_local(context: ProviderContext) -> VideoProvider:
    # Only who opens a provider pays for importing its model table.
    from providers.ltx_video.local import LocalLTX

    return LocalLTX(context)


PROVIDERS: tuple[ProviderEntry, ...] = (ProviderEntry(LTX_LOCAL, _open_ltx_local),)
"""In the order in which they are offered."""
