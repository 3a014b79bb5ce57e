"""The maps of a control video, drawn once and kept for the next clip that follows the same."""

# pyright: standard

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, assert_never

import numpy as np
from PIL import Image

from core.media.render_cache import RenderCache, key_of
from core.video.terms import ControlMap, Role
from providers.ltx_video.maps.outlines import outlines
from providers.ltx_video.models.map_models import MapModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import torch

    from core.jobs.job import CancelToken
    from core.video.plan import RenderPlan

# Raised when the same video would give other maps.
_FORMAT = 1
_CACHE_BYTES = 2 * 10**9
_CHUNK_BYTES = 4 * 2**20
_SUFFIX = ".npz"
_NAME = "maps"


class ControlMaps:
    """What is drawn of the control video of one plan.

    Attributes:
        kind: of the maps.
        count: how many there are, one for each frame that is made.
    """

    def __init__(self, plan: RenderPlan, models: Mapping[MapModel, Path], cache: Path) -> None:
        kind, video = plan.request.editing.control_map, plan.request.path_of(Role.CONTROL)
        assert kind is not None, "a plan without is refused"
        assert video is not None, "what is followed is given"
        self.kind, self.count = kind, plan.num_frames
        self._plan, self._video, self._models = plan, video, models
        self._cache = RenderCache(cache)
        self._key = ""

    def find(self, cancel: CancelToken) -> np.ndarray | None:
        """The maps as they were drawn before: (frames, h, w) or (frames, h, w, 3) uint8.

        Raises:
            JobCancelled: asked to stop.
            OSError: the video cannot be read.
        """
        if self.kind is ControlMap.GIVEN:
            return None
        self._key = self._name(cancel)
        kept = self._cache.find(self._key, _SUFFIX)
        if kept is None:
            return None
        with np.load(kept) as opened:
            return opened[_NAME]

    def draw(
        self,
        frames: Iterable[Image.Image],
        device: torch.device,
        on_frame: Callable[[int], None],
        cancel: CancelToken,
    ) -> np.ndarray:
        """The maps of these frames, as `find` gives them; called after it.

        Args:
            frames: of the video, at the size and rate of what is made.
            device: where a model that draws them works.
            on_frame: called with how many are drawn.
            cancel: asks to stop.

        Raises:
            UnsupportedRequest: a model that draws them cannot be loaded.
            UnreadableClip: the video cannot be read.
            JobCancelled: asked to stop.
        """
        done = 0

        def count() -> None:
            nonlocal done
            done += 1
            on_frame(done)

        maps = self._drawn(frames, device, count, cancel)
        if self.kind is not ControlMap.GIVEN:
            self._cache.keep(self._key, _SUFFIX, lambda path: np.savez_compressed(path, maps=maps))
            self._cache.trim(_CACHE_BYTES)
        return maps

    def _drawn(
        self,
        frames: Iterable[Image.Image],
        device: torch.device,
        on_frame: Callable[[], None],
        cancel: CancelToken,
    ) -> np.ndarray:
        match self.kind:
            case ControlMap.CANNY:
                return _each(frames, outlines, on_frame, cancel)
            case ControlMap.GIVEN:
                return _each(frames, np.asarray, on_frame, cancel)
            case ControlMap.DEPTH:
                # Imported late, as below: the other maps take no PyTorch.
                from providers.ltx_video.maps.depth import depth_maps

                folder = self._models[MapModel.DEPTH]
                return depth_maps(frames, folder, device, on_frame, cancel)
            case ControlMap.POSE:
                from providers.ltx_video.maps.poses import pose_maps

                people, joints = self._models[MapModel.PEOPLE], self._models[MapModel.JOINTS]
                return pose_maps(frames, people, joints, device, on_frame, cancel)
            case other:
                assert_never(other)

    def _name(self, cancel: CancelToken) -> str:
        """What tells these maps from all others: the video's content, and what is made of it."""
        plan = self._plan
        digest = hashlib.sha256()
        with self._video.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                cancel.check()
                digest.update(chunk)
        weights = [
            (model, file.name, found.st_size, found.st_mtime_ns)
            for model, folder in sorted(self._models.items())
            for file in sorted(folder.iterdir())
            if (found := file.stat())
        ]
        return key_of(
            {
                "maps": _FORMAT,
                "video": digest.hexdigest(),
                "kind": self.kind,
                "size": (plan.width, plan.height),
                "frames": (plan.num_frames, plan.fps),
                "weights": weights,
            }
        )


def _each(
    frames: Iterable[Image.Image],
    draw: Callable[[Image.Image], np.ndarray],
    on_frame: Callable[[], None],
    cancel: CancelToken,
) -> np.ndarray:
    drawn: list[np.ndarray] = []
    for frame in frames:
        cancel.check()
        drawn.append(draw(frame))
        on_frame()
    return np.stack(drawn)


def as_images(maps: np.ndarray) -> list[Image.Image]:
    """The maps as images, RGB."""
    return [Image.fromarray(one).convert("RGB") for one in maps]
