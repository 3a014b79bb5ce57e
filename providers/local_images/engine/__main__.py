"""The engine process: `python -m providers.local_images.engine` makes images until stdin closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.engine.process.serving import serve
from providers.local_images.engine.protocol import IMAGE_ORDER_JSON

if TYPE_CHECKING:
    from providers.local_images.engine.image_host import ImageHost


def _open_host(began_at: float) -> ImageHost:
    from providers.local_images.engine.image_host import ImageHost

    return ImageHost(began_at)


if __name__ == "__main__":
    serve(IMAGE_ORDER_JSON, _open_host)
