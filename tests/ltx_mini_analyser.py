"""Reads off a clip what it shows and sounds like, by arithmetic alone: no learned judge.

It knows the palette, the shapes and the settings of LTX Mini's world, and nothing of the caption.
Whatever falls between two answers is "unclear", which is never right.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scripts.ltx_mini import world
from scripts.ltx_mini.captions import KINDS, SETTINGS
from scripts.ltx_mini.world import Scene, draw, subject_path, subject_shape

UNCLEAR = "unclear"
NO_SUBJECT = "no subject"

Floats = NDArray[np.floating]
Pictures = NDArray[np.uint8]
Mask = NDArray[np.bool_]

# A pixel belongs to a colour that it has at least half of. Every setting has less than half of any
# palette colour's strength, so only a subject can be that vivid.
_HALF = 0.5
_HUE_TOLERANCE = 26.0
_SMALLEST_BLOB = 14
# What lies above the first share of the world's own movement is a movement, below the second none.
_MOVED, _HELD = 0.4, 0.2
# Steps of 255 between a clip's bands of colour and its setting's; two settings are 29 apart.
_SETTING_REACH = 20.0
_SOFT = 3
_KIND_FRAMES = 3
# Radii beside that of the subject's vivid part, and shifts in pixels, under which a kind is tried.
_STRETCHES = (0.85, 0.95, 1.05, 1.15, 1.27, 1.4, 1.55, 1.7)
_SHIFTS_X, _SHIFTS_Y = np.array(
    [(x, y) for x in (-2, 0, 2) for y in (-2, 0, 2)], dtype=np.float32
).T[..., None]
# Fits that leave up to so many times as much unexplained are as good as the best.
_AS_GOOD = 1.5
# The share of a subject's picture that its best drawing may leave unexplained.
_LEFT_OVER = 0.6
_CAMERA_PAIRS = 5
_CAMERA_SPAN = 0.25
# What each sound is made of: frequencies and their strengths beside the first one's.
_PARTIALS: dict[str, tuple[tuple[float, float], ...]] = {
    "low_tone": ((200, 1.0),),
    "tone": ((400, 1.0),),
    "high_tone": ((800, 1.0),),
    "hum": ((100, 1.0), (300, 0.45), (500, 0.23)),
    "beeps": ((1000, 1.0),),
}


@dataclass(frozen=True)
class Seen:
    """What a clip shows, in the words of the world; `UNCLEAR` where it cannot be told.

    `place` is judged across the direction of motion: along it the subject crosses the picture.
    """

    colour: str
    kind: str
    setting: str
    place: str
    motion: str
    camera: str
    size: str


@dataclass(frozen=True)
class _Track:
    """The subject in every frame: its mask, its area in pixels and its centre in units."""

    colour: str
    masks: Mask
    areas: Floats
    x: Floats
    y: Floats

    @property
    def seen(self) -> Mask:
        return self.areas > 0


@dataclass(frozen=True)
class _CameraMove:
    """What registration of the background finds, as shares of the world's own camera moves."""

    pan: float
    zoom: float

    @property
    def name(self) -> str:
        strongest, names = (
            (self.pan, ("pan_right", "pan_left"))
            if abs(self.pan) >= abs(self.zoom)
            else (self.zoom, ("zoom_in", "zoom_out"))
        )
        if abs(strongest) < _HELD:
            return "camera_still"
        if abs(strongest) < _MOVED:
            return UNCLEAR
        return names[0] if strongest > 0 else names[1]


def analyse(frames: Pictures) -> Seen:
    """What the pictures (frames, height, width, 3) of a clip show."""
    track = _follow_subject(frames)
    around = np.asarray(ndimage.maximum_filter(track.masks, (1, 7, 7)), dtype=bool)
    camera = _register(frames, around)
    setting = _setting(frames, around)
    if track.seen.mean() < 0.5:
        missing = NO_SUBJECT
        return Seen(missing, missing, setting, missing, missing, camera.name, missing)
    height, width = frames.shape[1:3]
    progress = np.linspace(0, 1, len(frames), dtype=np.float32)
    zoom = np.float32(world.ZOOM_RATIO) ** (camera.zoom * (progress - 0.5))
    x, y = track.x / zoom, track.y / zoom
    motion = _motion(x[track.seen], y[track.seen], width, height)
    kind, radius = _shape(frames, track, zoom)
    return Seen(
        colour=track.colour,
        kind=kind,
        setting=setting,
        place=_place(x[track.seen], y[track.seen], motion, width, height),
        motion=motion,
        camera=camera.name,
        size=_size(radius),
    )


def _hue(colours: Floats) -> Floats:
    """Hue in degrees of colours (count, 3)."""
    red, green, blue = colours.T
    highest = colours.max(axis=1)
    chroma = np.maximum(highest - colours.min(axis=1), 1)
    return 60 * np.select(
        [highest == red, highest == green],
        [((green - blue) / chroma) % 6, (blue - red) / chroma + 2],
        (red - green) / chroma + 4,
    )


def _vivid_colours(frames: Pictures) -> NDArray[np.int8]:
    """The palette colour of every pixel by its number, -1 where it has none."""
    palette = np.array(list(world.COLOURS.values()), dtype=np.float32)
    needed = _HALF * (palette.max(axis=1) - palette.min(axis=1))
    red, green, blue = np.moveaxis(frames, -1, 0)
    chroma = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    candidates = chroma >= needed.min()
    away = np.abs(_hue(frames[candidates].astype(np.float32))[:, None] - _hue(palette))
    away = np.minimum(away, 360 - away)
    nearest = away.argmin(axis=1)
    is_vivid = (away.min(axis=1) < _HUE_TOLERANCE) & (chroma[candidates] >= needed[nearest])
    numbers = np.full(frames.shape[:3], -1, dtype=np.int8)
    numbers[candidates] = np.where(is_vivid, nearest, -1)
    return numbers


def _regions(mask: Mask) -> NDArray[np.int32]:
    """The connected regions, numbered from 1."""
    numbers = np.zeros(mask.shape, dtype=np.int32)
    ndimage.label(mask, output=numbers)
    return numbers


def _largest_blob(vivid: Mask) -> Mask:
    closed = np.asarray(ndimage.binary_closing(np.pad(vivid, 2)), dtype=bool)[2:-2, 2:-2]
    labels = _regions(closed | vivid)
    sizes = np.bincount(labels[vivid], minlength=1)
    sizes[0] = 0
    largest = int(sizes.argmax())
    if sizes[largest] < _SMALLEST_BLOB:
        return np.zeros_like(vivid)
    return (labels == largest) & vivid


def _follow_subject(frames: Pictures) -> _Track:
    """The vivid blob, of the one colour that most of the clip's vivid blobs have."""
    vivid = _vivid_colours(frames)
    counts = np.bincount(vivid.ravel() + 1, minlength=len(world.COLOURS) + 1)[1:]
    masks, best, colour = np.zeros(frames.shape[:3], dtype=bool), 0, NO_SUBJECT
    for number, name in enumerate(world.COLOURS):
        if counts[number] <= best:
            continue
        blobs = np.stack([_largest_blob(frame == number) for frame in vivid])
        if blobs.sum() > best:
            masks, best, colour = blobs, int(blobs.sum()), name
    areas = masks.sum(axis=(1, 2)).astype(np.float32)
    height, width = frames.shape[1:3]
    scale = min(width, height) / world.UNITS_ON_SHORT_SIDE
    xs = (np.arange(width) + 0.5 - width / 2) / scale
    ys = (np.arange(height) + 0.5 - height / 2) / scale
    at_least_one = np.maximum(areas, 1)
    x = (masks.sum(axis=1) @ xs / at_least_one).astype(np.float32)
    y = (masks.sum(axis=2) @ ys / at_least_one).astype(np.float32)
    return _Track(colour, masks, areas, x, y)


def _register(frames: Pictures, around_subject: Mask) -> _CameraMove:
    """The pan or zoom that best carries earlier pictures of the background over to later ones.

    Pairs of frames a quarter of the clip apart are compared under every move on a fine grid; the
    world's moves are steady, so all pairs vote together.
    """
    if len(frames) < 3:
        return _CameraMove(0, 0)
    height, width = frames.shape[1:3]
    scale = min(width, height) / world.UNITS_ON_SHORT_SIDE
    step = max(1, round((len(frames) - 1) * _CAMERA_SPAN))
    share = step / (len(frames) - 1)
    starts = np.unique(np.linspace(0, len(frames) - 1 - step, _CAMERA_PAIRS).round().astype(int))
    light = frames.astype(np.float32) @ np.array((0.299, 0.587, 0.114), dtype=np.float32)
    light = ndimage.gaussian_filter(light, (0, 1.0, 1.0))
    free = (~around_subject).astype(np.float32)
    later, later_free = light[starts + step, 1::2, 1::2], free[starts + step, 1::2, 1::2]

    early, early_free = light[starts], free[starts]

    def misfit(pan: float, zoom: float) -> float:
        ratio = world.ZOOM_RATIO ** (zoom * share)
        across = _reader(width, ratio, world.PAN_UNITS * scale * pan * share).T
        # A pan leaves every row as it is.
        rows, free_rows = early[:, 1::2], early_free[:, 1::2]
        if zoom:
            down = _reader(height, ratio, 0.0)
            rows, free_rows = down @ early, down @ early_free
        earlier = rows @ across
        known = (free_rows @ across > 0.99) * later_free
        return float((np.abs(earlier - later) * known).sum() / max(float(known.sum()), 1.0))

    amounts = np.linspace(-1.5, 1.5, 25)
    moves = [(float(a), 0.0) for a in amounts] + [(0.0, float(a)) for a in amounts if a]
    return _CameraMove(*min(moves, key=lambda move: misfit(*move)))


def _reader(length: int, ratio: float, shift: float) -> Floats:
    """A matrix that reads every second place of a moved line; its rows outside the line are 0."""
    middle = (length - 1) / 2
    places = (np.arange(1, length, 2) - middle) / ratio + middle + shift
    share = np.maximum(0, 1 - np.abs(places[:, None] - np.arange(length)))
    share[(places < 0) | (places > length - 1)] = 0
    return share.astype(np.float32)


def _profile(frames: Pictures, around_subject: Mask) -> Floats:
    """The usual colour of 16 bands from top to bottom: (16, 3)."""
    hidden = np.where(around_subject[..., None], np.nan, frames.astype(np.float32))
    bands = np.array_split(hidden, 16, axis=1)
    with np.errstate(all="ignore"):
        return np.stack([_median(band.reshape(-1, 3)) for band in bands])


def _median(pixels: Floats) -> Floats:
    known = pixels[~np.isnan(pixels[:, 0])]
    return np.median(known, axis=0) if len(known) else np.full(3, np.nan, dtype=np.float32)


@cache
def _setting_profiles(width: int, height: int) -> dict[str, Floats]:
    """The profile of every setting, over several stretches of its landmarks."""
    profiles: dict[str, Floats] = {}
    for setting in SETTINGS:
        shots = []
        for index in range(6):
            phase = (index / 6, (index * 5 % 6) / 6)
            scene = Scene(
                "ball", "red", "small", setting, "place_centre", "still", "camera_still", "silence"
            )
            moved = Scene(**{**vars(scene), "phase": phase, "jitter": (12 * index - 30, 0)})
            shots.append(draw(moved, width, height, 1)[0])
        clip = np.stack(shots)
        profiles[setting] = _profile(clip, np.zeros(clip.shape[:3], dtype=bool))
    return profiles


def _setting(frames: Pictures, around_subject: Mask) -> str:
    height, width = frames.shape[1:3]
    few = slice(None, None, max(1, len(frames) // 6))
    profile = _profile(frames[few], around_subject[few])
    away = {
        setting: float(np.nanmean(np.abs(profile - own)))
        for setting, own in _setting_profiles(width, height).items()
    }
    nearest, second = sorted(away, key=lambda setting: away[setting])[:2]
    is_clear = away[nearest] < min(_SETTING_REACH, 0.75 * away[second])
    return nearest if is_clear else UNCLEAR


def _motion(x: Floats, y: Floats, width: int, height: int) -> str:
    """The direction by what the subject's centre travels from the clip's beginning to its end."""
    ends = max(1, len(x) // 11)
    across = float(x[-ends:].mean() - x[:ends].mean()) / _travel("move_right", width, height)
    down = float(y[-ends:].mean() - y[:ends].mean()) / _travel("move_down", width, height)
    strongest = max(abs(across), abs(down))
    if strongest < _HELD:
        return "still"
    if strongest < _MOVED or min(abs(across), abs(down)) > 0.5 * strongest:
        return UNCLEAR
    if abs(across) > abs(down):
        return "move_right" if across > 0 else "move_left"
    return "move_down" if down > 0 else "move_up"


def _path_of(place: str, motion: str, width: int, height: int) -> tuple[Floats, Floats]:
    scene = Scene("ball", "red", "medium", "sea", place, motion, "camera_still", "silence")
    return subject_path(scene, width, height, np.array((0, 1), dtype=np.float32))


def _travel(motion: str, width: int, height: int) -> float:
    x, y = _path_of("place_centre", motion, width, height)
    return float(abs(np.diff(x)[0]) if motion == "move_right" else abs(np.diff(y)[0]))


def _place(x: Floats, y: Floats, motion: str, width: int, height: int) -> str:
    x_share = float(np.mean(x)) / float(_path_of("place_right", "still", width, height)[0].max())
    y_share = float(np.mean(y)) / float(_path_of("place_bottom", "still", width, height)[1].max())
    if motion in ("move_left", "move_right"):
        x_share = 0.0
    if motion in ("move_up", "move_down"):
        y_share = 0.0
    if max(abs(x_share), abs(y_share)) < 0.5:
        return "place_centre"
    if abs(x_share) > abs(y_share):
        return "place_right" if x_share > 0 else "place_left"
    return "place_bottom" if y_share > 0 else "place_top"


def is_place_visible(place: str, motion: str) -> bool:
    """Whether a place can be told: on the axis of motion it is only where a path starts or ends."""
    along = {
        "move_left": ("place_left", "place_right"),
        "move_right": ("place_left", "place_right"),
        "move_up": ("place_top", "place_bottom"),
        "move_down": ("place_top", "place_bottom"),
    }
    return place not in along.get(motion, ())


def _shape(frames: Pictures, track: _Track, zoom: Floats) -> tuple[str, float]:
    """The kind whose picture explains the subject best in several frames, and its radius in units.

    Outlines are compared as pictures and not as masks of one colour: a soft picture fills a ring
    with its colour long before the eye takes it for a ball.
    """
    height, width = frames.shape[1:3]
    scale = min(width, height) / world.UNITS_ON_SHORT_SIDE
    inside = ~(
        track.masks[:, (0, -1), :].any(axis=(1, 2)) | track.masks[:, :, (0, -1)].any(axis=(1, 2))
    )
    usable = np.flatnonzero(track.seen & inside)
    usable = usable if len(usable) else np.flatnonzero(track.seen)
    chosen = usable[np.linspace(0, len(usable) - 1, min(_KIND_FRAMES, len(usable))).astype(int)]
    left_over = dict.fromkeys(KINDS, 0.0)
    radii: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for frame in chosen:
        patch = _Patch.around(frames[frame], track.masks[frame], scale * float(zoom[frame]))
        for kind in KINDS:
            unexplained, radius = patch.fit(kind)
            left_over[kind] += unexplained / len(chosen)
            radii[kind].append(radius)
    best = min(left_over, key=lambda kind: left_over[kind])
    if left_over[best] > _LEFT_OVER:
        return UNCLEAR, 0.0
    return best, float(np.median(radii[best]))


@dataclass(frozen=True)
class _Patch:
    """The picture around the subject, softened and thinned out, and where its points lie.

    `x` and `y` are in units from the middle of the subject's mask, `pixel` is a unit in pixels,
    `radius` that of a disc of the mask's size.
    """

    colours: Floats
    x: Floats
    y: Floats
    pixel: float
    radius: float

    @classmethod
    def around(cls, picture: Pictures, mask: Mask, pixel: float) -> _Patch:
        rows, columns = np.nonzero(mask)
        middle_y, middle_x = rows.mean(), columns.mean()
        radius = max(float(np.sqrt(len(rows) / np.pi)), 3.0)
        # The tips of a star reach 1.65 times as far as the edge of a disc of its size.
        reach = 1.75 * radius + 2
        top, bottom = max(0, int(middle_y - reach)), int(middle_y + reach) + 1
        left, right = max(0, int(middle_x - reach)), int(middle_x + reach) + 1
        part = picture[top:bottom, left:right].astype(np.float32)
        soft = ndimage.uniform_filter(part, _SOFT, axes=(0, 1))[::2, ::2]
        y = (top + 2 * np.arange(soft.shape[0]) - middle_y) / pixel
        x = (left + 2 * np.arange(soft.shape[1]) - middle_x) / pixel
        grid_x, grid_y = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
        near = np.hypot(grid_x, grid_y) * pixel < reach
        return cls(soft[near], grid_x[near], grid_y[near], pixel, radius / pixel)

    def fit(self, kind: str) -> tuple[float, float]:
        """Share of the picture that the best drawing of a kind leaves unexplained; its radius.

        The background is taken as a plane, the inside as another; only the outline's form is given.
        """
        background = self._residual(self._plain).item()
        left_over = [self._left_over(kind, self.radius * stretch) for stretch in _STRETCHES]
        best = min(left_over)
        # A triangle that is larger and lower explains a picture almost as well: of radii that fit
        # about as well the middle one is meant.
        alike = [
            stretch
            for stretch, left in zip(_STRETCHES, left_over, strict=True)
            if left <= _AS_GOOD * best
        ]
        return best / max(background, 1e-6), self.radius * float(np.mean(alike))

    @property
    def _plain(self) -> Floats:
        """A plane's three parts: (3, points)."""
        return np.stack([np.ones_like(self.x), self.x, self.y])

    def _left_over(self, kind: str, radius: float) -> float:
        """Square sum of what the best placed drawing of that radius leaves unexplained."""
        x, y = self.x - _SHIFTS_X / self.pixel, self.y - _SHIFTS_Y / self.pixel
        distance = subject_shape(kind, x, y, radius) * self.pixel
        half_line = world.OUTLINE / 2 * self.pixel
        filled = np.clip(0.5 - (distance + half_line) / _SOFT, 0, 1)
        covered = np.clip(0.5 - (distance - half_line) / _SOFT, 0, 1)
        drawn = np.stack([filled, filled * x / radius, filled * y / radius, covered - filled], 1)
        plain = np.broadcast_to(self._plain, (len(drawn), *self._plain.shape))
        return float(self._residual(np.concatenate([plain, drawn], axis=1)).min())

    def _residual(self, basis: Floats) -> Floats:
        """Square sum of what no mixture of each basis (..., n, points) explains of the colours."""
        squares = basis @ basis.mT + 1e-3 * np.eye(basis.shape[-2], dtype=np.float32)
        shared = basis @ self.colours
        explained = (shared * np.linalg.solve(squares, shared)).sum(axis=(-2, -1))
        return (self.colours**2).sum() - explained


def _size(radius: float) -> str:
    if not radius:
        return UNCLEAR
    away = {size: abs(np.log(radius / own)) for size, own in world.RADII.items()}
    return min(away, key=lambda size: away[size])


def on_event(samples: Floats, rate_hz: int) -> str:
    """Which of the world's sounds the samples (channels, count), -1 to 1, are."""
    mono = samples.astype(np.float64).mean(axis=0)
    # Beginning and end are faded in, cut off or padded.
    middle = mono[int(0.05 * rate_hz) : len(mono) - int(0.05 * rate_hz)]
    if np.sqrt(np.mean(middle**2)) < 0.01:
        return "silence"
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) ** 2
    hz = np.fft.rfftfreq(len(middle), 1 / rate_hz)

    def power(frequency_hz: float) -> float:
        return float(spectrum[np.abs(hz - frequency_hz) < 0.06 * frequency_hz].sum())

    total = float(spectrum.sum())
    heard = UNCLEAR
    for sound, partials in _PARTIALS.items():
        powers = [power(frequency_hz) for frequency_hz, _ in partials]
        # The sound's own partials must be most of what is there, and each of them there.
        if sum(powers) > 0.6 * total and powers[0] == max(powers):
            floors = [(0.4 * strength) ** 2 * powers[0] for _, strength in partials]
            if all(found >= floor for found, floor in zip(powers, floors, strict=True)):
                heard = sound
    if (heard == "beeps") != _goes_on_and_off(middle, rate_hz):
        return UNCLEAR
    return heard


def _goes_on_and_off(mono: NDArray[np.float64], rate_hz: int) -> bool:
    """Whether the loudness keeps changing between loud and silent, half of the time each."""
    block = rate_hz // 50
    blocks = mono[: len(mono) // block * block].reshape(-1, block)
    loudness = np.sqrt(np.mean(blocks**2, axis=1))
    quiet = float(np.mean(loudness < 0.25 * np.percentile(loudness, 95)))
    return 0.25 < quiet < 0.75
