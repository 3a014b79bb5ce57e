"""Looks at films: frames as arrays, and how alike two of them are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
from PIL import Image
from scipy.ndimage import uniform_filter

from core.film.export import ExportJob, ExportOrder
from core.film.pieces import PieceStore
from core.jobs import CancelToken, JobContext, Noted, Progressed

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.film.delivery import ExportSettings
    from core.film.film import Film
    from core.film.lettering import Letterer


def make_film(
    film: Film,
    settings: ExportSettings,
    path: Path,
    store: Path,
    letterer: Letterer | None = None,
) -> list[Progressed | Noted]:
    """Run an export to its end; gives all that it told."""
    workdir = path.parent / f".work-{path.name}"
    workdir.mkdir()
    told: list[Progressed | Noted] = []
    order = ExportOrder(film=film, settings=settings, path=path)
    context = JobContext(workdir=workdir, cancel=CancelToken(), report=told.append, job_id="test")
    ExportJob(order, PieceStore(store), letterer, 10**10).run(context)
    return told


def frames_of(path: Path) -> NDArray[np.uint8]:
    """Every frame of a film as (frames, height, width, 3) RGB."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack(frames).astype(np.uint8, copy=False)


def picture_of(path: Path) -> NDArray[np.uint8]:
    """A picture file as (height, width, 3) RGB."""
    return np.asarray(Image.open(path).convert("RGB"))


def likeness(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """The structural similarity of two pictures: 1 where they are the same."""
    a, b = (picture.astype(np.float64).mean(axis=2) for picture in (one, other))

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return uniform_filter(values, 7)

    mean_a, mean_b = mean(a), mean(b)
    spread_a, spread_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    common = mean(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * common + c2)
    bottom = (mean_a**2 + mean_b**2 + c1) * (spread_a + spread_b + c2)
    return float((top / bottom).mean())
