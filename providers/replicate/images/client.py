"""What is ordered of the models for images at Replicate."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from typing_extensions import override

from providers.replicate.client import ReplicateClient, ReplicateOrder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.services.service_client import RemoteOrder
    from providers.replicate.images.models import ReplicateImageModel

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


class ReplicateImageClient(ReplicateClient):
    """Orders images with one account's token."""

    noun = "image"

    def __init__(
        self, target: str, key: str, read_table: Callable[[], Mapping[str, ReplicateImageModel]]
    ) -> None:
        """Asks nothing yet; `read_table` gives the models that are known by then."""
        super().__init__(target, key)
        self._read_table = read_table
        self.asked_after: tuple[str, ...] = ()
        """Models that are asked what they take besides those of the table."""

    @property
    @override
    def models(self) -> Sequence[str]:
        return list(dict.fromkeys((*self._read_table(), *self.asked_after)))

    @override
    def order(self, order: RemoteOrder) -> ReplicateOrder:
        model = self._read_table()[order.plan.target.model]
        return ReplicateOrder(model.spec.id, model.body(order), None)

    @override
    def suffix_of(self, url: str) -> str:
        suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
        return suffix if suffix in _SUFFIXES else ".png"
