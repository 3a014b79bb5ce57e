"""What every command works with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import typer

from core.platform.log import start_log
from core.platform.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cli.console import Console
    from cli.signals import SignalHandler
    from core.errors import Problem
    from core.film.picture.text_overlays import TextRenderer
    from core.jobs.queue import JobQueue
    from core.language.provider import LanguageEntry
    from core.setup import Setup
    from core.studio import Studio
    from core.video.packages import PackageInstaller
    from core.video.provider import ProviderEntry

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@dataclass(frozen=True)
class Parts:
    """What main.py joins with the command line.

    Attributes:
        open_text_renderer: makes what draws words on films; None where nobody does.
        package_installer: brings what a provider needs when a render begins; None for nobody.
        open_studio: makes the studio; None for the usual one.
        language: who may have language models.
    """

    entries: Sequence[ProviderEntry]
    open_text_renderer: Callable[[], TextRenderer] | None = None
    package_installer: PackageInstaller | None = None
    open_studio: Callable[..., Studio] | None = None
    language: Sequence[LanguageEntry] = ()


class CliContext:
    """The setup, the studio, the two streams and the signals, opened when first needed."""

    def __init__(self, parts: Parts, console: Console, signals: SignalHandler) -> None:
        self._parts = parts
        self.console = console
        self.signals = signals
        self.paths = Paths.of_user()
        self.problems: tuple[Problem, ...] = ()

    @cached_property
    def setup(self) -> Setup:
        """Settings and providers, for what neither renders nor exports; the studio if it is open.

        Raises:
            SettingsError: the settings cannot be read.
        """
        if "studio" in self.__dict__:
            return self.studio
        # Imported late: it brings the settings and the look at the machine, which no help needs.
        from core.setup import Setup

        self._start_log()
        setup = Setup(
            self._parts.entries,
            paths=self.paths,
            package_installer=self._parts.package_installer,
            language=self._parts.language,
        )
        self._tell_notes(setup)
        return setup

    @cached_property
    def studio(self) -> Studio:
        """The studio.

        Raises:
            SettingsError: the settings cannot be read.
        """
        # Imported late too: it brings films, jobs and history, which no look at models needs.
        from core.studio import Studio

        is_first = "setup" not in self.__dict__
        if is_first:
            self._start_log()
        open_text_renderer = self._parts.open_text_renderer
        studio = (self._parts.open_studio or Studio)(
            self._parts.entries,
            paths=self.paths,
            text_renderer=open_text_renderer() if open_text_renderer else None,
            package_installer=self._parts.package_installer,
            language=self._parts.language,
        )
        if is_first:
            self._tell_notes(studio)
        return studio

    @cached_property
    def queue(self) -> JobQueue:
        """The queue of jobs; what there is to say about its journal is told when it opens."""
        queue = self.studio.queue
        for note in queue.notes:
            self.console.note(note)
        return queue

    def _start_log(self) -> None:
        # Before the settings are read: what is wrong with them would be printed as well as told.
        trouble = start_log(self.paths.log_file)
        if trouble:
            self.console.note(trouble)

    def _tell_notes(self, setup: Setup) -> None:
        for note in setup.notes:
            self.console.note(note)

    def set_output(self, *, is_json: bool, is_quiet: bool = False) -> None:
        """Answer in events or in words from now on; what was asked for once stays."""
        self.console.is_json |= is_json
        self.console.is_quiet |= is_quiet

    def close(self) -> None:
        """Close what was opened."""
        for name in ("studio", "setup"):
            if name in self.__dict__:
                getattr(self, name).close()


def context_of(ctx: typer.Context, *, is_json: bool = False, is_quiet: bool = False) -> CliContext:
    """The context that a command was called with, answering as was asked for."""
    context = ctx.find_object(CliContext)
    assert context is not None, "main passes it with every command line"
    context.set_output(is_json=is_json, is_quiet=is_quiet)
    return context
