"""The one engine of a program: started when it is needed, and kept warm for the next clip."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import EngineCrashed, OutOfMemory
from core.jobs.owner import Owner, Owners
from core.platform.files import folders_in
from providers.engine.timings import EngineState

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from core.platform.machine import Machine
    from providers.engine.engine_process import EngineProcess

_GB = 1e9


class WarmEngine:
    """Knows whether there is an engine and what it has loaded.

    One thread at a time makes clips with it; others may ask meanwhile.

    What only a render needs is imported where it is used: each list of models makes one of these.

    Args:
        module: what the engine's process runs.
        offload_root: holds a folder for the weights that each program streams from disk.

    Attributes:
        vram_held_gb: what the last clip left in the memory of the GPU.
    """

    def __init__(self, module: str, offload_root: Path) -> None:
        self._module = module
        self._offload_root = offload_root
        self._owners = Owners(offload_root)
        self._process: EngineProcess | None = None
        self._loaded = ""
        self.vram_held_gb = 0.0

    @property
    def offload_dir(self) -> Path:
        """Of this program alone: another one may be rendering from its own at the same time."""
        return self._offload_root / self._owners.own.name

    @property
    def is_running(self) -> bool:
        """Whether there is one."""
        process = self._process
        return process is not None and process.is_alive

    def state_for(self, needed: str) -> EngineState:
        """What it has to do before it can begin with a clip that needs this to be loaded."""
        if not self.is_running:
            return EngineState.ABSENT
        return EngineState.READY if self._loaded == needed else EngineState.OTHER

    def started(self, target: str) -> EngineProcess:
        """The running process, for a clip on this target.

        Raises:
            EngineCrashed: it cannot be started.
        """
        from providers.engine.engine_process import EngineProcess

        if self._process is None or not self._process.is_alive:
            self._sweep()
            with suppress(OSError):
                # Where it cannot be written, nothing is put there either.
                self._owners.begin()
            try:
                self._process = EngineProcess(self._module)
            except OSError as error:
                raise EngineCrashed(
                    f"The engine cannot be started: {error.strerror or error}.",
                    target=target,
                    hint="The Python that runs this program may have been moved; start it again.",
                ) from error
        return self._process

    @contextmanager
    def loading(self, needed: str, has_loaded: Callable[[], bool]) -> Generator[None]:
        """While a clip is made: what is planned meanwhile finds its model loaded.

        A clip that was stopped leaves the model loaded, if it had come that far.
        """
        self._loaded = needed
        has_room = True
        try:
            yield
        except OutOfMemory:
            has_room = False
            raise
        finally:
            if self._process is not None and not self._process.is_alive:
                self._process.end()
                self._process = None
            if self._process is None or not (has_room and has_loaded()):
                self._loaded = ""

    def with_its_memory(self, machine: Machine) -> Machine:
        """The machine as it is once the warm engine makes room for the next clip."""
        process = self._process
        if process is None or not process.is_alive:
            return machine
        import psutil

        try:
            held_gb = psutil.Process(process.process.pid).memory_info().rss / _GB
        except psutil.Error:
            return machine
        free_gb = min(machine.ram_total_gb, machine.ram_free_gb + held_gb)
        best = machine.best_gpu
        gpus = tuple(
            replace(gpu, vram_free_gb=min(gpu.vram_total_gb, gpu.vram_free_gb + self.vram_held_gb))
            if gpu is best
            else gpu
            for gpu in machine.gpus
        )
        return replace(machine, ram_free_gb=free_gb, gpus=gpus)

    def end(self) -> None:
        """End it, and delete what it streamed from disk."""
        process, self._process, self._loaded = self._process, None, ""
        if process is not None:
            process.end()
            self._sweep()

    def _sweep(self) -> None:
        """Delete the weights that this program, or one that was killed, streamed from disk."""
        for folder in folders_in(self._offload_root):
            is_ours = folder == self.offload_dir
            if is_ours or not self._owners.is_alive(Owner(folder.name, os.getpid())):
                shutil.rmtree(folder, ignore_errors=True)
