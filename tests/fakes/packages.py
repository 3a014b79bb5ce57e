"""Packages that a fake provider needs, and one who installs them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.errors import NotConfigured
from core.jobs.job import CancelToken, Notice, Progressed
from core.jobs.lanes import Stage
from core.video.packages import Packages

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.video.provider import ProviderEntry

LARGE = Packages("requirements-large.txt", ("large_one", "large_two"), "about 9 GB")


def needing_packages(entry: ProviderEntry) -> ProviderEntry:
    """A provider that cannot render before LARGE is installed."""
    return replace(entry, info=replace(entry.info, packages=LARGE))


@dataclass
class Installer:
    """Installs in no time, unless the package index is down."""

    is_offline: bool = False
    installed: list[Packages] = field(default_factory=list[Packages])

    def has(self, packages: Packages) -> bool:
        return packages in self.installed

    def install(
        self,
        packages: Packages,
        report: Callable[[Progressed | Notice], None],
        cancel: CancelToken,
    ) -> None:
        report(Progressed(stage=Stage.DOWNLOAD, message="getting large_one"))
        cancel.check()
        if self.is_offline:
            raise NotConfigured("The package index cannot be reached.", hint="Start again.")
        self.installed.append(packages)
