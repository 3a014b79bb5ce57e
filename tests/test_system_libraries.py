"""What the test command does on a machine that lacks system libraries of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gui.platform_check import missing_packages
from scripts.system_libraries import provide_libraries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LACKING = ("libpulse.so.0", "libxcb-icccm.so.4")


class Machine:
    """A machine without some libraries, and with an apt-get that writes down what it is told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.installed = folder / "installed"
        monkeypatch.setenv("PATH", str(self.programs))
        self.program("apt-get", f'echo "$@" >> {self.installed}')

    def program(self, name: str, script: str = ":") -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def missing(self, environment: Mapping[str, str]) -> dict[str, str]:
        def load(name: str) -> None:
            if name in LACKING and not self.installed.exists():
                raise OSError(name)

        return missing_packages(environment, load, "linux")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_the_administrator_gets_all_of_it(machine: Machine) -> None:
    assert provide_libraries(may_install=True, missing=machine.missing) == ""
    installed = machine.installed.read_text()
    assert installed.splitlines()[-1].endswith("libpulse0 libxcb-icccm4 xdotool xvfb")


def test_nothing_is_installed_where_nothing_is_missing(machine: Machine) -> None:
    machine.installed.write_text("")
    machine.program("Xvfb")
    machine.program("xdotool")
    assert provide_libraries(may_install=True, missing=machine.missing) == ""
    assert machine.installed.read_text() == ""


@pytest.mark.parametrize("has_server", [False, True])
def test_anybody_else_gets_the_one_line_that_installs_it(
    machine: Machine, has_server: bool
) -> None:
    if has_server:
        machine.program("Xvfb")
    said = provide_libraries(may_install=False, missing=machine.missing).splitlines()
    packages = "libpulse0 libxcb-icccm4" if has_server else "libpulse0"
    assert said[-1] == f"On Debian and Ubuntu: sudo apt-get install {packages}"
    assert not machine.installed.exists()


def test_an_installation_that_fails_stops_with_the_same_line(machine: Machine) -> None:
    machine.program("apt-get", "exit 100")
    assert provide_libraries(may_install=True, missing=machine.missing).endswith(
        "sudo apt-get install libpulse0"
    )
