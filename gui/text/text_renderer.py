"""Draws texts by means of Qt in a process of its own: from any thread, without a window."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from core.errors import OutputError, Problem, TextRendererUnavailable, UnsupportedRequest
from core.film.picture.text_overlays import RenderedText, RenderedTexts
from core.platform.child import start_child
from gui.text.messages import DrawAnswer, DrawOrder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.film.model.film import Caption
    from core.jobs.job import CancelToken
    from core.platform.child import Child

_ROOT = Path(__file__).resolve().parents[2]
_POLL_S = 0.05
_INSTALL = "Install what ImageAI needs: pip install -r requirements.txt."
_LIBRARIES = (
    "Install the system libraries of Qt; on Debian and Ubuntu: "
    "apt-get install libegl1 libgl1 libxkbcommon0 libfontconfig1 libdbus-1-3."
)


class QtTextRenderer:
    """The letterer of this program; see `core.film.picture.text_overlays.TextRenderer`."""

    def draw(
        self,
        captions: Sequence[Caption],
        width: int,
        height: int,
        folder: Path,
        cancel: CancelToken,
    ) -> RenderedTexts:
        """See `core.film.picture.text_overlays.TextRenderer.draw`."""
        cancel.check()
        if not captions:
            return RenderedTexts(())
        folder = folder.resolve()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"The folder {str(folder)!r} for the drawn texts cannot be made: {error.strerror}."
            ) from error
        whole = [caption.model_copy(update={"text": _whole(caption.text)}) for caption in captions]
        halves = [
            f"Text {number} holds half a character; '\N{REPLACEMENT CHARACTER}' is drawn for it."
            for number, (caption, mended) in enumerate(zip(captions, whole, strict=True), start=1)
            if caption.text != mended.text
        ]
        order = DrawOrder(captions=tuple(whole), width=width, height=height, folder=str(folder))
        answer = _ask(order, cancel)
        if answer.missing:
            raise TextRendererUnavailable(
                f"Texts cannot be drawn, because Qt does not load: {answer.missing}.",
                hint=_INSTALL if answer.missing.startswith("No module") else _LIBRARIES,
            )
        if answer.problems:
            raise UnsupportedRequest([Problem("captions", said) for said in answer.problems])
        if answer.unwritten:
            raise OutputError(
                f"The drawn text {answer.unwritten!r} cannot be written.",
                hint="Make room on the disk or choose another folder.",
            )
        rendered_texts = tuple(
            RenderedText(folder / drawn.name, drawn.x, drawn.y) for drawn in answer.drawn
        )
        return RenderedTexts(rendered_texts, (*halves, *answer.notes))


def _whole(text: str) -> str:
    # A lone surrogate, half of a character beyond U+FFFF, cannot be sent or drawn.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _ask(order: DrawOrder, cancel: CancelToken) -> DrawAnswer:
    try:
        process = start_child(
            [sys.executable, "-m", "gui.text.process"],
            stdin=subprocess.PIPE,
            cwd=_ROOT,
            env=_environment(),
        )
    except OSError as error:
        raise TextRendererUnavailable(
            f"Texts cannot be drawn: {sys.executable!r} does not start ({error.strerror})."
        ) from error
    with process:
        try:
            said, complaints = _listen(process, order.model_dump_json().encode(), cancel)
        finally:
            process.kill()
    try:
        return DrawAnswer.model_validate_json(said)
    except ValidationError as error:
        lines = complaints.decode("utf-8", errors="replace").strip().splitlines()
        reason = f": {lines[-1]}" if lines else "."
        raise TextRendererUnavailable(
            f"Texts cannot be drawn; the process that draws them ended with exit code "
            f"{process.returncode}{reason}",
            hint=_LIBRARIES,
        ) from error


def _listen(process: Child, order: bytes, cancel: CancelToken) -> tuple[bytes, bytes]:
    unsent: bytes | None = order
    while True:
        cancel.check()
        try:
            return process.communicate(unsent, timeout=_POLL_S)
        except subprocess.TimeoutExpired:
            # The next call goes on sending what this one was given.
            unsent = None


def _environment() -> dict[str, str]:
    environment = {**os.environ, "PYTHONUTF8": "1"}
    # OpenCV's wheel leads every Qt in its process to its own plugins by this variable.
    environment.pop("QT_QPA_PLATFORM_PLUGIN_PATH", None)
    if sys.platform != "win32":
        # Needs no screen. On Windows it would know no fonts, and Windows' own needs none either.
        environment["QT_QPA_PLATFORM"] = "offscreen"
    return environment
