"""Where jobs wait and what they go through: their lanes and their stages."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Lane(StrEnum):
    """The resource a job occupies; each lane has its own number of places."""

    GPU = "gpu"
    CLOUD = "cloud"
    DISK = "disk"
    REPORT = "report"
    """Jobs that wait for others, and so must not take the place of any."""


PLACES: Mapping[Lane, int] = MappingProxyType(
    {Lane.GPU: 1, Lane.CLOUD: 4, Lane.DISK: 2, Lane.REPORT: 2}
)
"""How many jobs of a lane run at once, over all processes that share the journal."""


class Stage(StrEnum):
    """The named parts of a job, in the order in which they occur."""

    DOWNLOAD = "download"
    VERIFY = "verify"
    LOAD = "load"
    MAPS = "maps"
    ENHANCE = "enhance"
    ENCODE = "encode"
    ORDER = "order"
    WAIT = "wait"
    DENOISE = "denoise"
    TRAIN = "train"
    DECODE = "decode"
    READ = "read"
    ASSEMBLE = "assemble"
    MIX = "mix"
    WRITE = "write"
