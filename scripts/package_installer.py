"""Installs what a provider needs into `.venv`, while the program that asks for it runs there."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from core.errors import NotConfigured
from core.jobs.lanes import Stage
from scripts.environment import BootstrapError

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.jobs.job import CancelToken, Notice, Progressed
    from core.video.packages import Packages
    from scripts.environment import Environment


class EnvironmentInstaller:
    """Adds packages to the environment that this process runs in; the engine is started later."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def has(self, packages: Packages) -> bool:
        """Whether they are installed as their file asks for them today."""
        return self._environment.has([packages.file])

    def install(
        self,
        packages: Packages,
        report: Callable[[Progressed | Notice], None],
        cancel: CancelToken,
    ) -> None:
        """Fetch and install them.

        Raises:
            JobCancelled: asked to stop.
            NotConfigured: pip or the disk refused.
        """
        try:
            self._environment.fill([packages.file], _JobDisplay(report, cancel))
        except BootstrapError as error:
            raise NotConfigured(str(error)) from error
        except OSError as error:
            raise NotConfigured(
                f"The environment in {str(self._environment.folder)!r} cannot be added to: {error}."
            ) from error
        importlib.invalidate_caches()


class _JobDisplay:
    """Tells the progress of an installation as a job does, and stops it with the job.

    What a job tells is imported late: each start makes an installer, and few install.
    """

    def __init__(self, report: Callable[[Progressed | Notice], None], cancel: CancelToken) -> None:
        self._report = report
        self._cancel = cancel

    def say(self, sentence: str) -> None:
        from core.jobs.job import Notice

        self._report(Notice(message=sentence))

    def show(self, doing: str) -> None:
        from core.jobs.job import Progressed

        self._cancel.check()
        self._report(Progressed(stage=Stage.DOWNLOAD, message=doing))
