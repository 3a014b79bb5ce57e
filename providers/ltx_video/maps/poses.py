"""How people stand and move in a video: one model finds them, another one their joints."""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image

from providers.ltx_video.maps.skeletons import draw_skeletons
from providers.ltx_video.maps.weights import load_processor, load_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from core.jobs.job import CancelToken

_PEOPLE, _JOINTS = "RT-DETR R50", "ViTPose base simple"
# How sure the model must be of a person, and how much two may cover each other to be two.
_SURE, _SAME = 0.3, 0.7
# What the model for joints sees of a person: so much more than the person fills, so many at once.
_AROUND, _AT_ONCE = 1.25, 8
# Of colours from 0 to 1, as it was trained with.
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_BLUR, _BLUR_RADIUS = 0.8, 5
_LEAST_HEAT, _MOST_HEAT = 0.001, 50.0


def pose_maps(
    frames: Iterable[Image.Image],
    people_folder: Path,
    joints_folder: Path,
    device: torch.device,
    on_frame: Callable[[], None],
    cancel: CancelToken,
) -> np.ndarray:
    """The skeletons of all people in each frame: (frames, h, w, 3) uint8.

    Args:
        frames: of one size.
        people_folder: of the model that finds people.
        joints_folder: of the one that finds their joints.
        device: where they work.
        on_frame: called behind each frame.
        cancel: asks to stop.

    Raises:
        UnsupportedRequest: a model cannot be loaded.
        JobCancelled: asked to stop.
    """
    finder = PoseFinder(people_folder, joints_folder, device)
    drawn: list[np.ndarray] = []
    for frame in frames:
        cancel.check()
        boxes = finder.people(frame)
        cancel.check()
        joints = finder.joints(frame, boxes)
        drawn.append(np.asarray(draw_skeletons(joints, *frame.size)))
        on_frame()
    return np.stack(drawn)


class PoseFinder:
    """Both models, loaded."""

    def __init__(self, people_folder: Path, joints_folder: Path, device: torch.device) -> None:
        # Imported late: few clips follow people.
        from transformers import RTDetrForObjectDetection, VitPoseForPoseEstimation

        self._device = device
        self._prepare: Any = load_processor(people_folder, _PEOPLE)
        self._people = load_weights(RTDetrForObjectDetection, people_folder, _PEOPLE, device)
        self._joints = load_weights(VitPoseForPoseEstimation, joints_folder, _JOINTS, device)
        names = self._people.config.id2label
        self._person = next((int(key) for key, name in names.items() if name == "person"), 0)

    def people(self, image: Image.Image) -> np.ndarray:
        """Where people are, the surest first: (people, 4), left, top, right and bottom."""
        pixels = self._prepare(images=image, return_tensors="pt")["pixel_values"]
        with torch.no_grad():
            found = self._people(pixel_values=pixels.to(self._device))
        scores = found.logits[0, :, self._person].float().sigmoid().cpu().numpy()
        x, y, width, height = found.pred_boxes[0].float().cpu().numpy().T
        corners = np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], axis=1)
        corners *= [image.width, image.height] * 2
        order = np.argsort(-scores, kind="stable")
        return apart(corners[order[scores[order] > _SURE]])

    def joints(self, image: Image.Image, boxes: np.ndarray) -> np.ndarray:
        """Of the person in each box its joints: (people, 17, 3), x, y and how sure the model is."""
        found: list[np.ndarray] = []
        for first in range(0, len(boxes), _AT_ONCE):
            fields = [self._field(box) for box in boxes[first : first + _AT_ONCE]]
            height, width = self._joints.config.backbone_config.image_size
            pixels = np.stack([_cut_out(image, field, width, height) for field in fields])
            given = torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy()).to(self._device)
            with torch.no_grad():
                heat = self._joints(pixel_values=given).heatmaps.float().cpu()
            found += [_in_field(one, field) for one, field in zip(heat, fields, strict=True)]
        return np.stack(found) if found else np.zeros((0, 17, 3), np.float32)

    def _field(self, box: np.ndarray) -> np.ndarray:
        """What is seen of a person: centre and size, in the shape of the model's own images."""
        height, width = self._joints.config.backbone_config.image_size
        left, top, right, bottom = box
        wide = max(right - left, (bottom - top) * width / height, 1.0) * _AROUND
        return np.array([(left + right) / 2, (top + bottom) / 2, wide, wide * height / width])


def apart(boxes: np.ndarray) -> np.ndarray:
    """The boxes without those that are of the same person as an earlier one."""
    kept: list[np.ndarray] = []
    for box in boxes:
        if all(_shared(box, other) <= _SAME for other in kept):
            kept.append(box)
    return np.stack(kept) if kept else np.zeros((0, 4), np.float32)


def _shared(one: np.ndarray, other: np.ndarray) -> float:
    """How much of what two boxes cover both of them cover, 0 to 1."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    both = np.prod(np.maximum(sides, 0))
    area = np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]) - both
    return float(both / max(area, 1e-6))


def _cut_out(image: Image.Image, field: np.ndarray, width: int, height: int) -> np.ndarray:
    """A field of an image at this size, black outside of it, in the numbers of the model."""
    x, y, wide, high = field
    # The middles of the first and the last pixel lie on the edges of the field.
    across, down = wide / (width - 1), high / (height - 1)
    # Pillow counts from the corners of pixels.
    moved = (0.5 - across / 2 + x - wide / 2, 0.5 - down / 2 + y - high / 2)
    cut = image.convert("RGB").transform(
        (width, height),
        Image.Transform.AFFINE,
        (across, 0, moved[0], 0, down, moved[1]),
        Image.Resampling.BILINEAR,
    )
    return (np.asarray(cut, np.float32) / 255 - _MEAN) / _DEVIATION


def _in_field(heat: torch.Tensor, field: np.ndarray) -> np.ndarray:
    """The joints that a person's heat maps (joints, h, w) show, in the pixels of the image."""
    x, y, wide, high = field
    height, width = heat.shape[1:]
    found = hottest(heat)
    found[:, 0] = found[:, 0] * wide / (width - 1) + x - wide / 2
    found[:, 1] = found[:, 1] * high / (height - 1) + y - high / 2
    return found


def hottest(heat: torch.Tensor) -> np.ndarray:
    """Where each heat map (joints, h, w) is hottest, finer than its pixels: (joints, 3), its value.

    The place is that of the hill that fits best around the hottest pixel, by the slope and the bend
    of the logarithm there.
    """
    count, _, width = heat.shape
    value, place = heat.flatten(1).max(1)
    rows, columns = place // width, place % width
    smooth = _blurred(heat).clamp(_LEAST_HEAT, _MOST_HEAT).log().numpy()
    hills = np.pad(smooth, ((0, 0), (1, 1), (1, 1)), mode="edge")
    every, row, column = np.arange(count), rows.numpy() + 1, columns.numpy() + 1

    def beside(down: int, across: int) -> np.ndarray:
        return hills[every, row + down, column + across].astype(np.float64)

    here, right, left = beside(0, 0), beside(0, 1), beside(0, -1)
    below, above = beside(1, 0), beside(-1, 0)
    slope = np.stack([right - left, below - above], axis=1) / 2
    twist = beside(1, 1) - right - below + 2 * here - left - above + beside(-1, -1)
    bend = np.empty((count, 2, 2))
    bend[:, 0, 0], bend[:, 1, 1] = right - 2 * here + left, below - 2 * here + above
    bend[:, 0, 1] = bend[:, 1, 0] = twist / 2
    bend += np.finfo(np.float32).eps * np.eye(2)
    moved = np.linalg.solve(bend, slope[:, :, None])[:, :, 0]
    # Where there is no hill its top may be anywhere.
    moved = np.clip(moved, -1, 1)
    places = np.stack([columns.numpy(), rows.numpy()], axis=1) - moved
    return np.column_stack([places, value.numpy()])


def _blurred(heat: torch.Tensor) -> torch.Tensor:
    steps = torch.arange(-_BLUR_RADIUS, _BLUR_RADIUS + 1, dtype=heat.dtype)
    weights = torch.exp(-(steps**2) / (2 * _BLUR**2))
    weights /= weights.sum()
    edge = (_BLUR_RADIUS,) * 4
    wide = torch.from_numpy(np.pad(heat.numpy(), ((0, 0), edge[:2], edge[2:]), mode="symmetric"))
    down = torch.nn.functional.conv2d(wide[:, None], weights[None, None, :, None])
    return torch.nn.functional.conv2d(down, weights[None, None, None, :])[:, 0]
