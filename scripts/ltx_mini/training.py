"""What every stage of LTX Mini's training is told. Loads no framework: `--help` stays quick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Training:
    """One run of a stage: up to step `steps`, from wherever the folder `work` says it stopped.

    `lr` is that of the matrices; it rises and falls over all `steps`, so a stage is resumed with
    the same number. The state is saved after every `every` steps and after the last one. A stage
    that has no state yet begins with the weights of the finished model in the folder `start_from`,
    where one is given.
    """

    work: Path
    seed: int
    threads: int
    steps: int
    lr: float
    every: int
    start_from: Path | None = None

    def is_saved_at(self, step: int) -> bool:
        """Whether the state is saved once that many steps are done."""
        return step % self.every == 0 or step == self.steps
