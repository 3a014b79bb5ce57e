"""Starts ImageAI: makes sure of its environment, then opens the window or runs the command line."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from core.platform.standard_streams import open_missing_streams
from scripts import bootstrap

if TYPE_CHECKING:
    from core.film.picture.text_overlays import TextRenderer

_ROOT = Path(__file__).resolve().parent
_CANCELLED = 130
_SELDOM = 50_000
_METADATA = "importlib.metadata"
_OURS = ("cli", "core", "gui", "providers", "scripts")
# The exit code of a command that ran; of the window none, which closes in its own way.
_codes: list[int] = []


class _LateMetadata(ModuleType):
    """Stands for `importlib.metadata`, which brings all of Python's e-mail, until it is used."""

    def entry_points(self, **chosen: str) -> Any:
        """What pydantic imports to look for plugins, and does not call where it looks for none."""
        return self._real().entry_points(**chosen)

    def __getattr__(self, name: str) -> Any:
        if name == "__path__":
            # Every import asks for it, also one of the function above.
            raise AttributeError(name)
        return getattr(self._real(), name)

    @classmethod
    def put(cls) -> None:
        """Put one in its place, unless it is loaded already."""
        if _METADATA not in sys.modules:
            late = sys.modules[_METADATA] = cls(_METADATA)
            # As an import would do it.
            importlib.metadata = late  # pyright: ignore[reportAttributeAccessIssue] - a module is an object

    def _real(self) -> Any:
        if sys.modules.get(_METADATA) is self:
            del sys.modules[_METADATA]
        return importlib.import_module(_METADATA)


def main(arguments: list[str]) -> int:
    """Runs one command and gives its exit code; no arguments open the window."""
    open_missing_streams()
    # Nothing that is loaded now is garbage, and to look for some takes a tenth of the time.
    gc.disable()
    bootstrap.ensure(Path(__file__).resolve(), arguments, _ROOT, [bootstrap.APP])
    # We use no plugins of pydantic; to look for some, it reads the metadata of every package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    _LateMetadata.put()
    try:
        from providers import PROVIDERS
        from providers.language import LANGUAGE
        from scripts.package_installer import EnvironmentInstaller

        environment = bootstrap.running_environment(_ROOT)
        installer = EnvironmentInstaller(environment) if environment is not None else None
        if not arguments or arguments[0] == "window":
            from gui.start import run_window

            gc.enable()
            return run_window(arguments[1:], PROVIDERS, _open_text_renderer(), installer, LANGUAGE)
        from cli import main as run_command
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] in _OURS:
            raise
        print(
            f"The Python package {error.name!r} is missing from {sys.executable}. Install what "
            f"ImageAI needs: {sys.executable} -m pip install -r {_ROOT / bootstrap.APP}; or unset "
            "IMAGEAI_NO_BOOTSTRAP, and the next start does it by itself.",
            file=sys.stderr,
        )
        return 1
    gc.freeze()
    # Values live short here: seldom looked at, they cost less than the usual looks do.
    gc.set_threshold(_SELDOM)
    gc.enable()
    code = run_command(
        arguments,
        PROVIDERS,
        open_text_renderer=_open_text_renderer,
        package_installer=installer,
        language=LANGUAGE,
    )
    _codes.append(code)
    return code


def _open_text_renderer() -> TextRenderer:
    # Imported late: only films have words on them.
    from gui.text.text_renderer import QtTextRenderer

    return QtTextRenderer()


def _leave(code: int) -> NoReturn:
    """End with that code; after a Ctrl-C without waiting for threads that still read a file."""
    if code == _CANCELLED:
        for stream in (sys.stdout, sys.stderr):
            # Whoever read it may be gone.
            with suppress(OSError):
                stream.flush()
        os._exit(code)
    raise SystemExit(code)


def _end_command() -> None:
    """End at once after a command, once threads and all that was registered later have ended."""
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except OSError:
        # Python tells what became of the last words.
        return
    if _codes:
        # It would take every module apart now, a twentieth of the time of a short command.
        os._exit(_codes[-1])


if __name__ == "__main__":
    # First, so that it is called last.
    atexit.register(_end_command)
    try:
        _leave(main(sys.argv[1:]))
    except KeyboardInterrupt:
        # Pressed before the command line took over, while modules were still being loaded.
        _leave(_CANCELLED)
