"""Whether Qt can open a window here; asked before Qt is loaded, which would end the program."""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING

from core.errors import StudioError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# What Qt's own packages leave to the system, and the package of Debian and Ubuntu that has it.
_EVERYWHERE = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libX11.so.6": "libx11-6",
    # QtNetwork and QtMultimedia are linked to these, used or not.
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libpulse.so.0": "libpulse0",
    # The player's own FFmpeg.
    "libXext.so.6": "libxext6",
    "libXrandr.so.2": "libxrandr2",
    "libdrm.so.2": "libdrm2",
}
_ON_WAYLAND = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
_ON_X11 = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
_WITHOUT_SCREEN = ("offscreen", "minimal", "minimalegl", "vnc", "linuxfb", "eglfs", "vkkhrdisplay")


class NoWindow(StudioError):
    """A window cannot be opened on this machine as it is."""


def check_platform(
    environment: Mapping[str, str],
    load: Callable[[str], object] = ctypes.CDLL,
    system: str = sys.platform,
) -> None:
    """Do nothing where a window can be opened.

    Args:
        environment: the variables of the process.
        load: loads a system library by its name, or raises `OSError`.
        system: as `sys.platform` names it; only Linux is looked at.

    Raises:
        NoWindow: there is no display, or libraries are missing; names the packages to install.
    """
    has_screen = _platform(environment) in _WITHOUT_SCREEN or any(
        environment.get(name, "").strip() for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if system.startswith("linux") and not has_screen:
        raise NoWindow(
            "There is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set.",
            hint="Start ImageAI in a desktop session, or use the command line: "
            "`python3 main.py --help`.",
        )
    missing = missing_packages(environment, load, system)
    if missing:
        raise NoWindow(
            f"The window cannot be opened, because system libraries are missing: "
            f"{', '.join(missing)}.",
            hint=f"On Debian and Ubuntu: `sudo apt-get install {' '.join(missing.values())}`.",
        )


def missing_packages(
    environment: Mapping[str, str],
    load: Callable[[str], object] = ctypes.CDLL,
    system: str = sys.platform,
) -> dict[str, str]:
    """The system libraries that Qt needs in that environment and does not find.

    Args:
        environment: the variables of the process; they say which of Qt's platforms is used.
        load: loads a system library by its name, or raises `OSError`.
        system: as `sys.platform` names it; only Linux is looked at.

    Returns:
        Each library with the package of Debian and Ubuntu that has it.
    """
    if not system.startswith("linux"):
        return {}
    platform = _platform(environment)
    needed = dict(_EVERYWHERE)
    if platform not in _WITHOUT_SCREEN:
        has_wayland = bool(environment.get("WAYLAND_DISPLAY", "").strip())
        needed |= _ON_X11 if platform == "xcb" or not has_wayland else _ON_WAYLAND
    return {name: package for name, package in needed.items() if not _loads(name, load)}


def _platform(environment: Mapping[str, str]) -> str:
    return environment.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0].strip()


def _loads(name: str, load: Callable[[str], object]) -> bool:
    try:
        load(name)
    except OSError:
        return False
    return True
