"""What the start of the window says where Qt would abort."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gui.platform_check import NoWindow, check_platform

X11 = {"DISPLAY": ":0"}


class Libraries:
    """Loads everything but some."""

    def __init__(self, *missing: str) -> None:
        self.missing = missing
        self.asked: list[str] = []

    def __call__(self, name: str) -> object:
        self.asked.append(name)
        if name in self.missing:
            raise OSError(f"{name}: cannot open shared object file")
        return object()


def refusal(environment: dict[str, str], load: Libraries) -> NoWindow:
    with pytest.raises(NoWindow) as caught:
        check_platform(environment, load, "linux")
    return caught.value


def test_a_complete_machine_is_let_pass() -> None:
    load = Libraries()
    check_platform(X11, load, "linux")
    assert {"libxcb-cursor.so.0", "libEGL.so.1"} <= set(load.asked)


def test_missing_libraries_are_named_with_exactly_their_packages() -> None:
    error = refusal(X11, Libraries("libxcb-cursor.so.0", "libxkbcommon-x11.so.0", "libGL.so.1"))
    assert "libxcb-cursor.so.0" in error.message
    assert error.hint.endswith("`sudo apt-get install libgl1 libxcb-cursor0 libxkbcommon-x11-0`.")


@pytest.mark.parametrize("environment", [{}, {"DISPLAY": " ", "WAYLAND_DISPLAY": ""}])
def test_no_display_is_a_sentence_that_leads_to_the_command_line(
    environment: dict[str, str],
) -> None:
    error = refusal(environment, Libraries())
    assert "DISPLAY" in error.message
    assert "main.py --help" in error.hint


@pytest.mark.parametrize(
    ("environment", "needs_x11"),
    [
        (X11, True),
        (X11 | {"QT_QPA_PLATFORM": "xcb"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, False),
        ({"WAYLAND_DISPLAY": "wayland-0", "QT_QPA_PLATFORM": "xcb"}, True),
        ({"QT_QPA_PLATFORM": "offscreen"}, False),
        ({"QT_QPA_PLATFORM": "vnc:size=800x600"}, False),
    ],
)
def test_libraries_of_x11_are_asked_for_only_where_it_is_used(
    environment: dict[str, str], needs_x11: bool
) -> None:
    load = Libraries()
    check_platform(environment, load, "linux")
    assert ("libxcb-icccm.so.4" in load.asked) is needs_x11
    assert "libEGL.so.1" in load.asked


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_are_not_looked_at(system: str) -> None:
    load = Libraries()
    check_platform({}, load, system)
    assert load.asked == []


def test_the_problem_of_this_process_is_its_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    check_platform(os.environ)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NoWindow, match="There is no display"):
        check_platform(os.environ)


def test_this_machine_opens_windows_without_a_screen_and_the_check_loads_no_qt() -> None:
    code = (
        "import sys; from gui.platform_check import check_platform; "
        "check_platform({'QT_QPA_PLATFORM': 'offscreen'}); "
        "print([name for name in sys.modules if name.startswith('PySide6')])"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
