"""Files on their way to Fal's storage, by Fal's own client."""

from __future__ import annotations

import mimetypes
import mmap
from contextlib import ExitStack
from typing import TYPE_CHECKING, cast

import httpx
from fal_client import SyncClient
from fal_client.client import FalClientHTTPError
from typing_extensions import override

if TYPE_CHECKING:
    from pathlib import Path

    from core.services.service_http import ServiceHttp

# Larger files are sent by parts, straight from the disk.
_LARGE_BYTES = 100 * 1024 * 1024


class _ClosingClient(SyncClient):
    """Closes its connections to the storage, which fal-client 1.0.3 leaves open."""

    def __init__(self, key: str, opened: ExitStack) -> None:
        super().__init__(key=key)
        self.__dict__["_opened"] = opened

    @override
    def _get_cdn_client(self) -> httpx.Client:
        opened = cast("ExitStack", self.__dict__["_opened"])
        return opened.enter_context(super()._get_cdn_client())


def upload(service: ServiceHttp, key: str, file: Path) -> str:
    """Put a file into Fal's storage; gives its address there.

    Raises:
        ProviderError: it is not there; `retryable` where trying again may help.
    """
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    # Its own name stays here: it tells nothing of the clip, and headers hold no other letters.
    name = f"input{file.suffix.lower() if file.suffix.isascii() else ''}"
    try:
        with (
            ExitStack() as opened,
            file.open("rb") as content,
            mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        ):
            data = cast("bytes", mapped) if len(mapped) > _LARGE_BYTES else mapped[:]
            client = _ClosingClient(key, opened)
            # No other storage: the client would send the key along to that.
            return client.upload(data, kind, file_name=name, fallback_repository=[])
    except (FalClientHTTPError, httpx.HTTPStatusError) as error:
        answer = error.response
        raise service.refusal(answer.status_code, answer.text, answer.headers) from error
    except httpx.HTTPError as error:
        raise service.unreachable(error) from error
