"""The arithmetic of colours: primaries and transfers by ITU-T H.273, and from one to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Curve = Callable[[Values], Values]

Point = tuple[float, float]
Transfer = str | float
"""FFmpeg's name of a transfer, or the power of a plain one."""
_D65, _C, _DCI, _E = (0.3127, 0.3290), (0.310, 0.316), (0.314, 0.351), (1 / 3, 1 / 3)


@dataclass(frozen=True)
class Primaries:
    """Where red, green, blue and white lie, as CIE x and y."""

    red: Point
    green: Point
    blue: Point
    white: Point = _D65


PRIMARIES: dict[str, Primaries] = {
    "bt709": Primaries((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    "bt470m": Primaries((0.670, 0.330), (0.210, 0.710), (0.140, 0.080), _C),
    "bt470bg": Primaries((0.640, 0.330), (0.290, 0.600), (0.150, 0.060)),
    "smpte170m": Primaries((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    "smpte240m": Primaries((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    "film": Primaries((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),
    "bt2020": Primaries((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    "smpte428": Primaries((1.0, 0.0), (0.0, 1.0), (0.0, 0.0), _E),
    "smpte431": Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _DCI),
    "smpte432": Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    "ebu3213": Primaries((0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),
}
"""By FFmpeg's names."""

ADOBE_RGB = Primaries((0.640, 0.330), (0.210, 0.710), (0.150, 0.060))
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
# White is projected at 48 cd/m2, of the 52.37 that the code has room for.
_DCI_PEAK = 52.37 / 48


def grid(size: int) -> Values:
    """Every colour of 0 to 1 in so many steps a channel, `(size ** 3, 3)`, red changing fastest."""
    import numpy as np

    blue, green, red = np.indices((size,) * 3).reshape(3, -1) / (size - 1)
    return np.stack([red, green, blue], axis=1)


def in_bt709(values: Values, primaries: Primaries, transfer: Transfer, to: Transfer) -> Values:
    """The same colours by the primaries of BT.709; what lies outside of it is below 0 or above 1.

    Args:
        values: `(n, 3)`, of 0 to 1.
        primaries: by which they are coded; their white becomes that of BT.709.
        transfer: by which they are coded.
        to: the transfer of the result.

    Raises:
        KeyError: there is no such transfer.
    """
    import numpy as np

    adapted = _adaptation(primaries.white, _D65) @ _to_xyz(primaries)
    matrix = np.linalg.inv(_to_xyz(PRIMARIES["bt709"])) @ adapted
    # Not cut off here: between two points of a table, the edge would come too early.
    return _curves(to)[1](_curves(transfer)[0](values) @ matrix.T)


def _xyz_of(point: Point) -> Values:
    import numpy as np

    x, y = point
    # Two of CIE XYZ's own primaries have no brightness.
    return np.array([x, y, 1 - x - y]) / (y or 1.0)


def _to_xyz(primaries: Primaries) -> Values:
    import numpy as np

    if primaries == PRIMARIES["smpte428"]:
        return np.eye(3)
    columns = np.stack([_xyz_of(p) for p in (primaries.red, primaries.green, primaries.blue)], 1)
    return columns * np.linalg.solve(columns, _xyz_of(primaries.white))


def _adaptation(seen: Point, wanted: Point) -> Values:
    import numpy as np

    cones = np.array(_BRADFORD)
    scale = (cones @ _xyz_of(wanted)) / (cones @ _xyz_of(seen))
    return np.linalg.inv(cones) @ (scale[:, None] * cones)


def _curves(transfer: Transfer) -> tuple[Curve, Curve]:
    """From code to light, and back."""
    import numpy as np

    def toed(a: float, edge: float, slope: float, power: float) -> tuple[Curve, Curve]:
        """A power with a straight foot, as cameras and sRGB have it."""

        def to_light(v: Values) -> Values:
            above = ((np.maximum(v, edge * slope) + a) / (1 + a)) ** power
            return np.where(v < edge * slope, v / slope, above)

        def to_code(v: Values) -> Values:
            above = (1 + a) * np.maximum(v, edge) ** (1 / power) - a
            return np.where(v < edge, v * slope, above)

        return to_light, to_code

    def plain(power: float, top: float = 1.0) -> tuple[Curve, Curve]:
        return (
            lambda v: np.sign(v) * np.abs(v) ** power * top,
            lambda v: np.sign(v) * (np.abs(v) / top) ** (1 / power),
        )

    def logarithm(decades: float) -> tuple[Curve, Curve]:
        return (
            lambda v: np.where(v <= 0, 0, 10 ** ((v - 1) * decades)),
            lambda v: 1 + np.log10(np.maximum(v, 10**-decades)) / decades,
        )

    if not isinstance(transfer, str):
        return plain(transfer)
    camera = toed(0.099, 0.018, 4.5, 1 / 0.45)
    return {
        "bt709": camera,
        "smpte170m": camera,
        "bt2020-10": camera,
        "bt2020-12": camera,
        "iec61966-2-4": camera,
        "bt1361e": camera,
        "smpte240m": toed(0.1115, 0.0228, 4.0, 1 / 0.45),
        "iec61966-2-1": toed(0.055, 0.0031308, 12.92, 2.4),
        "gamma22": plain(2.2),
        "gamma28": plain(2.8),
        "linear": plain(1.0),
        "log100": logarithm(2.0),
        "log316": logarithm(2.5),
        "smpte428": plain(2.6, _DCI_PEAK),
    }[transfer]
