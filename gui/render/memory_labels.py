"""Layouts in memory as people read them."""

from __future__ import annotations

from core.video.spec import Residency

MEMORY_LABELS = {
    Residency.RESIDENT: "All in GPU memory (quickest)",
    Residency.MODEL_OFFLOAD: "Parts take turns on the GPU",
    Residency.GROUP_OFFLOAD: "Streamed block by block",
    Residency.GROUP_OFFLOAD_TO_DISK: "Streamed from disk (slowest)",
}
"""A short name for each way to lay out a model."""
