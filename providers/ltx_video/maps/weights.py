"""Loads a model that draws maps: out of its own folder alone, whole, and no code with it."""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError

from core.errors import Problem, UnsupportedRequest
from core.video.inputs import field_of
from core.video.terms import Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FIELD = field_of(Role.CONTROL)
_COUNTER = "num_batches_tracked"
_ALONE = {"local_files_only": True, "trust_remote_code": False}


def load_processor(folder: Path, label: str) -> Any:
    """What makes images ready for the model of a folder.

    Raises:
        UnsupportedRequest: it cannot be loaded.
    """
    # Imported late, as below: few clips follow what a model draws.
    from transformers import AutoImageProcessor

    return _loaded(lambda: AutoImageProcessor.from_pretrained(folder, **_ALONE), folder, label)


def load_weights(kind: Any, folder: Path, label: str, device: torch.device) -> Any:
    """The model of a folder, in 32 bit, ready for work.

    Args:
        kind: its class, or what finds that.
        folder: has its settings and weights.
        label: what sentences call it.
        device: where it works.

    Raises:
        UnsupportedRequest: it cannot be loaded.
    """

    def load() -> Any:
        model, found = kind.from_pretrained(
            folder,
            **_ALONE,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
        # Counters of a training say nothing here; all else would be filled up with random numbers.
        missing = [key for key in found["missing_keys"] if not key.endswith(_COUNTER)]
        if missing:
            raise ValueError(f"it lacks {min(missing)!r}.")
        return model

    return _loaded(load, folder, label).eval().to(device)


def _loaded(load: Callable[[], Any], folder: Path, label: str) -> Any:
    try:
        return load()
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        message = (
            f"The model in {str(folder)!r}, by which maps are drawn, cannot be loaded: "
            f"{reason[0][:200]} Get a whole copy of {label}: delete that folder, and install the "
            "video model again, which brings what is missing alone."
        )
        raise UnsupportedRequest([Problem(_FIELD, message)]) from error
