"""Draws the clips of LTX Mini's world: one subject, one setting, one motion, one camera move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats: TypeAlias = NDArray[np.floating[Any]]

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (215, 35, 35),
    "orange": (245, 130, 20),
    "yellow": (250, 225, 40),
    "green": (25, 175, 60),
    "blue": (30, 80, 225),
    "purple": (140, 45, 190),
    "pink": (250, 110, 185),
}
RADII: dict[str, float] = {"small": 16.5, "medium": 22.5, "big": 30.5}
OUTLINE = 1.8
PAN_UNITS = 56.0
ZOOM_RATIO = 1.45
# The picture is measured in units of 1/128 of its shorter side, with the origin in the middle and y
# pointing down.
UNITS_ON_SHORT_SIDE = 128.0


@dataclass(frozen=True)
class Scene:
    """Everything that decides a clip's pictures and sound.

    Positions and the radius are in units (the picture's shorter side is 128 units long); `phase` in
    0..1 shifts the setting's landmarks; `turn` is in radians.
    """

    kind: str
    colour: str
    size: str
    setting: str
    place: str
    motion: str
    camera: str
    sound: str
    jitter: tuple[float, float] = (0.0, 0.0)
    radius_factor: float = 1.0
    phase: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0


def extent(width: int, height: int) -> tuple[float, float]:
    """Width and height of a picture in units."""
    scale = min(width, height) / UNITS_ON_SHORT_SIDE
    return width / scale, height / scale


def subject_path(scene: Scene, width: int, height: int, progress: Floats) -> tuple[Floats, Floats]:
    """Centre of the subject in units, before the zoom, for progress 0..1 through the clip."""
    w, h = extent(width, height)
    places = {
        "place_left": (-0.27 * w, 0.0),
        "place_right": (0.27 * w, 0.0),
        "place_top": (0.0, -0.24 * h),
        "place_bottom": (0.0, 0.24 * h),
        "place_centre": (0.0, 0.0),
    }
    x0, y0 = places[scene.place]
    travel = {
        "still": (0.0, 0.0),
        "move_left": (-0.5 * w, 0.0),
        "move_right": (0.5 * w, 0.0),
        "move_up": (0.0, -0.46 * h),
        "move_down": (0.0, 0.46 * h),
    }
    dx, dy = travel[scene.motion]
    # Along the axis of motion a place says nothing: the path crosses the whole picture.
    x0 = 0.0 if dx else x0
    y0 = 0.0 if dy else y0
    from_middle = progress - 0.5
    jx, jy = scene.jitter
    return x0 + jx + dx * from_middle, y0 + jy + dy * from_middle


def zoom(scene: Scene, progress: Floats) -> Floats:
    """Magnification of the picture for progress 0..1."""
    exponent = {"zoom_in": 1.0, "zoom_out": -1.0}.get(scene.camera, 0.0)
    return np.power(np.float32(ZOOM_RATIO), (exponent * (progress - 0.5)).astype(np.float32))


def pan(scene: Scene, progress: Floats) -> Floats:
    """How far the camera stands to the right of the setting's middle, in units."""
    direction = {"pan_right": 1.0, "pan_left": -1.0}.get(scene.camera, 0.0)
    return (direction * PAN_UNITS * (progress - 0.5)).astype(np.float32)


@dataclass(frozen=True)
class Course:
    """Where subject and camera are in each frame (frames).

    Attributes:
        x, y: the centre of the subject in units, before the zoom.
        zoom: how much larger than usual all is.
        shift: how far the camera stands to the right of the setting's middle, in units.
    """

    x: Floats
    y: Floats
    zoom: Floats
    shift: Floats

    @classmethod
    def whole(
        cls, scene: Scene, width: int, height: int, frames: Floats, num_frames: int
    ) -> Course:
        """One motion and one camera move through all of a clip, at some of its frames."""
        # A one-frame clip is a still: the middle of the motion, as a photograph of it would show.
        progress = frames / (num_frames - 1) if num_frames > 1 else np.full(1, 0.5, np.float32)
        x, y = subject_path(scene, width, height, progress)
        return cls(x, y, zoom(scene, progress), pan(scene, progress))


def draw(
    scene: Scene,
    width: int,
    height: int,
    num_frames: int,
    only: Sequence[int] | None = None,
    course: Course | None = None,
) -> NDArray[np.uint8]:
    """The clip, or only some of its frames, as (frames, height, width, 3) uint8.

    Args:
        scene: what is to be seen.
        width: in pixels.
        height: in pixels.
        num_frames: of the whole clip.
        only: these frames.
        course: at each of the frames that are drawn; None for that of the scene.
    """
    scale = min(width, height) / UNITS_ON_SHORT_SIDE
    frames = np.array(range(num_frames) if only is None else only, dtype=np.float32)
    course = course or Course.whole(scene, width, height, frames, num_frames)
    xs = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / scale
    ys = (np.arange(height, dtype=np.float32) + 0.5 - height / 2) / scale
    z = course.zoom[:, None, None]
    x = xs[None, None, :] / z
    y = ys[None, :, None] / z
    pixel = (scale * z).astype(np.float32)
    shift = course.shift[:, None, None]
    far, near = scene.phase
    # A camera that holds still sees one setting all the time: drawn once, it costs a thirtieth.
    is_still = np.ptp(course.zoom) == 0 and np.ptp(course.shift) == 0
    seen = slice(0, 1) if is_still else slice(None)
    picture = _SETTINGS[scene.setting](x[seen] + shift[seen], y[seen], pixel[seen], far, near)
    picture = np.repeat(picture, len(frames), axis=0) if len(picture) < len(frames) else picture
    for frame in range(len(frames)):
        _paint_subject(
            picture[frame],
            scene,
            x[frame, 0] - course.x[frame],
            y[frame, :, 0] - course.y[frame],
            pixel[frame, 0, 0],
        )
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


def subject_shape(kind: str, x: Floats, y: Floats, radius: float) -> Floats:
    """Signed distance in units to the outline of a subject at the origin; negative inside."""
    if kind == "ball":
        return np.hypot(x, y) - radius
    if kind == "box":
        return np.maximum(np.abs(x), np.abs(y)) - 0.88 * radius
    if kind == "triangle":
        slope = np.float32(np.sqrt(3) / 2)
        return np.maximum(y, np.maximum(slope * x - 0.5 * y, -slope * x - 0.5 * y)) - 0.62 * radius
    if kind == "ring":
        return np.abs(np.hypot(x, y) - 0.78 * radius) - 0.25 * radius
    return _star(x, y, 1.2 * radius, 0.48 * radius)


def _star(x: Floats, y: Floats, outer: float, inner: float) -> Floats:
    fifth = 2 * np.pi / 5
    distance = np.hypot(x, y)
    angle = np.abs((np.arctan2(x, -y) + fifth / 2) % fifth - fifth / 2)
    px, py = distance * np.sin(angle), distance * np.cos(angle)
    ix, iy = inner * np.sin(fifth / 2), inner * np.cos(fifth / 2)
    length = np.hypot(ix, outer - iy)
    return ((px * (outer - iy) + (py - outer) * ix) / length).astype(np.float32)


def _paint_subject(
    picture: Floats, scene: Scene, xs: Floats, ys: Floats, pixel: np.float32
) -> None:
    radius = RADII[scene.size] * scene.radius_factor
    reach = 1.5 * radius + 2 * OUTLINE
    columns, rows = np.flatnonzero(np.abs(xs) < reach), np.flatnonzero(np.abs(ys) < reach)
    if not len(columns) or not len(rows):
        return
    x, y = xs[None, columns], ys[rows, None]
    part = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cos, sin = np.float32(np.cos(scene.turn)), np.float32(np.sin(scene.turn))
    distance = subject_shape(scene.kind, cos * x + sin * y, cos * y - sin * x, radius)
    shade = 1.0 - 0.16 * np.clip((x + y) / (2 * radius), -1, 1)
    fill = np.clip(shade[..., None] * np.array(COLOURS[scene.colour], dtype=np.float32), 0, 255)
    if scene.kind == "ball":
        shine = _cover(np.hypot(x + 0.36 * radius, y + 0.36 * radius) - 0.2 * radius, pixel)[
            ..., None
        ]
        fill = fill + 0.75 * shine * (255 - fill)
    _blend(part, np.array((28, 24, 30), dtype=np.float32), _cover(distance - OUTLINE / 2, pixel))
    _blend(part, fill.astype(np.float32), _cover(distance + OUTLINE / 2, pixel))


def _cover(distance: Floats, pixel: Floats | np.float32) -> Floats:
    """How much of a pixel lies inside an outline at that signed distance in units."""
    return np.clip(0.5 - distance * pixel, 0, 1)


def _blend(picture: Floats, colour: Floats, alpha: Floats) -> None:
    picture += (colour - picture) * alpha[..., None]


def _sky(
    x: Floats, y: Floats, top: tuple[int, int, int], bottom: tuple[int, int, int], reach: float
) -> Floats:
    mix = np.clip((y + 64.0) / reach, 0, 1)[..., None]
    colours = np.array(top, dtype=np.float32) * (1 - mix) + np.array(bottom, dtype=np.float32) * mix
    return np.repeat(colours.astype(np.float32), x.shape[2], axis=2)


def _ridge(x: Floats, base: float, amplitude: float, period: float, phase: float) -> Floats:
    turn = np.float32(2 * np.pi)
    return base - amplitude * (
        np.sin(turn * (x / period + phase))
        + 0.45 * np.sin(turn * (x / (0.43 * period) + 2.3 * phase))
    )


def _hill(
    picture: Floats,
    x: Floats,
    y: Floats,
    pixel: Floats,
    line: tuple[float, float, float, float],
    colour: tuple[int, int, int],
) -> None:
    base, amplitude, period, phase = line
    _blend(
        picture,
        np.array(colour, dtype=np.float32),
        _cover(_ridge(x, base, amplitude, period, phase) - y, pixel),
    )


def _disc(
    picture: Floats,
    x: Floats,
    y: Floats,
    pixel: Floats,
    centre: tuple[float, float],
    radius: float,
    colour: tuple[int, int, int],
) -> None:
    _blend(
        picture,
        np.array(colour, dtype=np.float32),
        _cover(np.hypot(x - centre[0], y - centre[1]) - radius, pixel),
    )


def _in_cells(x: Floats, cell: float, phase: float) -> tuple[Floats, Floats]:
    """Splits a line into cells: x from each cell's middle, and a number 0..1 of each cell's own."""
    index = np.floor(x / cell + phase)
    inside = x - (index + 0.5 - phase) * cell
    return inside, np.mod(index * np.float32(0.618034) + phase, 1.0).astype(np.float32)


def _sunset(x: Floats, y: Floats, pixel: Floats, far: float, near: float) -> Floats:
    picture = _sky(x, y, (96, 72, 120), (236, 186, 140), 96)
    _disc(picture, x, y, pixel, (36 - 72 * far, 10), 15, (255, 238, 200))
    _hill(picture, x, y, pixel, (28, 8, 110, far), (92, 66, 92))
    _hill(picture, x, y, pixel, (44, 6, 74, near), (58, 42, 66))
    return picture


def _night(x: Floats, y: Floats, pixel: Floats, far: float, near: float) -> Floats:
    picture = _sky(x, y, (14, 16, 42), (44, 46, 86), 110)
    across, own = _in_cells(x, 26, far)
    for row in range(4):
        height = -84 + 26 * row + 22 * np.mod(own + 0.37 * row, 1.0)
        dx = across - 9 * np.sin(6.28 * np.mod(own * 3 + 0.61 * row, 1.0))
        _blend(
            picture,
            np.array((220, 222, 235), dtype=np.float32),
            _cover(np.hypot(dx, y - height) - 1.6, pixel),
        )
    _disc(picture, x, y, pixel, (44 - 88 * near, -40), 9, (226, 224, 206))
    _hill(picture, x, y, pixel, (40, 8, 96, near), (22, 24, 36))
    return picture


def _field(x: Floats, y: Floats, pixel: Floats, far: float, near: float) -> Floats:
    picture = _sky(x, y, (158, 200, 236), (212, 230, 242), 100)
    across, own = _in_cells(x, 72, far)
    height = -46 + 20 * own
    for offset, radius in ((-9, 7), (0, 9), (9, 6.5)):
        cloud = np.hypot(across - offset, 1.4 * (y - height)) - radius
        _blend(picture, np.array((246, 248, 250), dtype=np.float32), _cover(cloud, pixel))
    _hill(picture, x, y, pixel, (26, 8, 104, far), (150, 176, 128))
    _hill(picture, x, y, pixel, (44, 5, 66, near), (118, 150, 100))
    return picture


def _sea(x: Floats, y: Floats, pixel: Floats, far: float, near: float) -> Floats:
    picture = _sky(x, y, (176, 208, 232), (222, 232, 238), 80)
    _hill(picture, x, y, pixel, (16, 9, 120, far), (132, 148, 158))
    water = np.array((82, 128, 152), dtype=np.float32)
    _blend(picture, water, _cover(14 - y, pixel))
    across, own = _in_cells(x, 30, near)
    for row in range(3):
        crest = np.hypot((across - 5 + 10 * own) / 6.0, y - (22 + 9 * row + 3 * own)) - 1.2
        _blend(picture, np.array((150, 184, 198), dtype=np.float32), _cover(crest, pixel))
    _hill(picture, x, y, pixel, (52, 2.5, 84, near), (214, 198, 160))
    return picture


def _desert(x: Floats, y: Floats, pixel: Floats, far: float, near: float) -> Floats:
    picture = _sky(x, y, (206, 206, 206), (238, 222, 194), 90)
    _hill(picture, x, y, pixel, (20, 10, 118, far), (212, 182, 140))
    _hill(picture, x, y, pixel, (42, 7, 82, near), (186, 150, 106))
    across, _ = _in_cells(x, 88, near)
    stem = np.maximum(np.abs(across) - 2.2, np.abs(y - 30) - 11)
    arm = np.maximum(np.abs(across - 4.5) - 4.5, np.abs(y - 29) - 1.6)
    _blend(picture, np.array((92, 112, 84), dtype=np.float32), _cover(np.minimum(stem, arm), pixel))
    return picture


def _snow(x: Floats, y: Floats, pixel: Floats, far: float, near: float) -> Floats:
    picture = _sky(x, y, (166, 180, 198), (208, 216, 226), 90)
    _hill(picture, x, y, pixel, (24, 8, 112, far), (222, 228, 236))
    across, own = _in_cells(x, 40, near)
    foot = 42 + 4 * own
    tree = np.maximum(np.abs(across) * 0.9 + (y - foot + 26) * -0.42, y - foot)
    _blend(picture, np.array((74, 98, 96), dtype=np.float32), _cover(tree, pixel))
    _hill(picture, x, y, pixel, (46, 3, 70, near), (240, 243, 247))
    return picture


_SETTINGS = {
    "sunset": _sunset,
    "night": _night,
    "field": _field,
    "sea": _sea,
    "desert": _desert,
    "snow": _snow,
}
