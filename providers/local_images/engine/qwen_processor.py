"""Puts words and images before the text encoder of Qwen-Image-Edit, and never a video.

That of the library reads videos too, for which it wants a package of its own, even where there is
none to read.
"""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING

from transformers import AutoTokenizer, BatchFeature, Qwen2VLImageProcessorPil, Qwen2VLProcessor

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

_IMAGE_PAD = "<|image_pad|>"
_PLACE = "<|place of an image|>"


class ImageTextProcessor(Qwen2VLProcessor):
    """Words with the places of images in them, as the text encoder reads them."""

    def __init__(self, image_processor: Any, tokenizer: Any) -> None:
        # That of the parent asks for what reads videos.
        self.image_processor = image_processor
        self.tokenizer = tokenizer
        self.chat_template = None

    @classmethod
    def read(cls, folder: Path) -> ImageTextProcessor:
        """The one whose files lie in a folder.

        Raises:
            OSError: they cannot be read.
            ValueError: likewise.
        """
        return cls(
            Qwen2VLImageProcessorPil.from_pretrained(folder, local_files_only=True),
            AutoTokenizer.from_pretrained(folder, local_files_only=True),
        )

    def __call__(  # pyright: ignore[reportIncompatibleMethodOverride] - no videos, no sounds
        self,
        images: Any = None,
        text: list[str] | None = None,
        *,
        padding: bool = True,
        return_tensors: str = "pt",
    ) -> BatchFeature:
        """Tokens of each text, with as many for each image as it has pieces, and the pieces."""
        texts, seen = list(text or ()), {}
        if images is not None:
            seen = dict(self.image_processor(images=images, return_tensors=return_tensors))
            merged = self.image_processor.merge_size**2
            counts = [int(grid.prod()) // merged for grid in seen["image_grid_thw"]]
            for count in counts:
                place = next(i for i, one in enumerate(texts) if _IMAGE_PAD in one)
                texts[place] = texts[place].replace(_IMAGE_PAD, _PLACE * count, 1)
            texts = [one.replace(_PLACE, _IMAGE_PAD) for one in texts]
        words = self.tokenizer(texts, padding=padding, return_tensors=return_tensors)
        return BatchFeature({**words, **seen})
