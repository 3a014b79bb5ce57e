"""The app's side of the engine process: starting it, talking to it and ending it."""

from __future__ import annotations

import logging
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from core.platform.child import start_child
from providers.engine.events import EVENT_JSON, line_of
from providers.engine.streams import PARENT_VARIABLE, plain_lines

if TYPE_CHECKING:
    from typing import IO

    from core.frozen import Frozen
    from core.platform.child import Child
    from providers.engine.events import Event

log = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
_KEPT_LINES = 40
_GRACE_S = 0.5
_LONGEST_PIECE = 1 << 16
ENGINE_ENVIRONMENT = {
    # Whatever the model needs lies on this disk; nothing is asked of a hub, and nothing told.
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    # Where a person has switched it on, diffusers fetches programs from a hub to unpack GGUF.
    "DIFFUSERS_GGUF_CUDA_KERNELS": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # Its progress is told in events; bars would stand in the place of what it said last.
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TQDM_DISABLE": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONUTF8": "1",
    "PYTHONUNBUFFERED": "1",
    # MKL, PyTorch's matrix products on a processor, otherwise chooses its way of summing by the
    # address at which a matrix lies, and may use fewer threads when it sees fit: the last bit of a
    # sum changes from run to run, and with it the clip of a seed. It costs no time.
    "MKL_CBWR": "AUTO",
    "MKL_DYNAMIC": "FALSE",
    # Threads that spin while they wait take the processor from whoever else works on this machine.
    "OMP_WAIT_POLICY": "PASSIVE",
}
"""What an engine finds in its environment beside what the app was given."""


class EngineEnded(Exception):
    """The engine process is gone."""


class EngineProcess:
    """One engine process, from its start to its end.

    Args:
        module: what it runs, such as the engine that makes clips, or the training of LoRAs.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._events: queue.Queue[Event | None] = queue.Queue()
        self._last_lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._started = threading.Event()
        self._start_error: OSError | None = None
        self._process: Child | None = None
        # Linux ends the engine when the thread that started it ends, so one thread does both:
        # it starts the engine and then listens to it for as long as it lives.
        self._waiter = threading.Thread(target=self._keep, name="engine", daemon=True)
        self._waiter.start()
        self._started.wait()
        if self._start_error is not None:
            raise self._start_error

    @property
    def process(self) -> Child:
        """The running process."""
        assert self._process is not None, "set before the constructor returns"
        return self._process

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    @property
    def last_words(self) -> tuple[str, ...]:
        """The last lines that the engine or one of its libraries printed."""
        return tuple(self._last_lines)

    def send(self, order: Frozen) -> None:
        """Send one order; that the engine is gone shows in the events."""
        stdin = self.process.stdin
        assert stdin is not None, "opened as a pipe"
        try:
            stdin.write(line_of(order))
            stdin.flush()
        except OSError as error:
            log.debug("the engine takes no order: %s", error)

    def next_event(self, timeout_s: float) -> Event | None:
        """The next event, or None when none came in time.

        Raises:
            EngineEnded: the process has ended and everything it said was read.
        """
        try:
            event = self._events.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if event is None:
            self._events.put(None)
            raise EngineEnded
        return event

    def end(self) -> int:
        """End the process, gently where it lets us, and give its exit code."""
        process = self.process
        if process.stdin is not None and not process.stdin.closed:
            try:
                process.stdin.close()
            except OSError as error:
                log.debug("the engine's pipe was closed already: %s", error)
        try:
            exit_code = process.wait(timeout=_GRACE_S)
        except subprocess.TimeoutExpired:
            exit_code = process.end(_GRACE_S)
        self._waiter.join()
        return exit_code

    def _keep(self) -> None:
        try:
            self._process = process = start_child(
                [sys.executable, "-m", self._module],
                stdin=subprocess.PIPE,
                cwd=_ROOT,
                env=os.environ | ENGINE_ENVIRONMENT | {PARENT_VARIABLE: str(os.getpid())},
            )
        except OSError as error:
            self._start_error = error
            return
        finally:
            self._started.set()
        listener = threading.Thread(target=self._listen, args=(process.stderr,), daemon=True)
        listener.start()
        for line in process.stdout or ():
            try:
                self._events.put(EVENT_JSON.validate_json(line))
            except ValidationError as error:
                log.warning("the engine said something that makes no sense: %s", error)
        process.wait()
        listener.join()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        self._events.put(None)

    def _listen(self, stream: IO[bytes]) -> None:
        # In pieces: a bar that is drawn for hours is one line without an end.
        while piece := stream.readline(_LONGEST_PIECE):
            for text in plain_lines(piece.decode("utf-8", errors="replace")):
                self._last_lines.append(text)
                log.debug("engine: %s", text)
