"""What every command works with."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from core.platform.log import start_log
from core.platform.paths import Paths
from core.studio import Studio

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import typer

    from cli.console import Console
    from cli.signals import SignalHandler
    from core.errors import Problem
    from core.video.provider import ProviderEntry


class CliContext:
    """The studio, the two streams and the wish to stop, opened when they are first needed.

    Attributes:
        problems: what was wrong with the command line before its values were looked at.
    """

    def __init__(
        self,
        entries: Sequence[ProviderEntry],
        console: Console,
        signals: SignalHandler,
        open_studio: Callable[..., Studio] = Studio,
    ) -> None:
        self.entries = tuple(entries)
        self._open_studio = open_studio
        self.console = console
        self.signals = signals
        self.paths = Paths.of_user()
        self.problems: tuple[Problem, ...] = ()

    @cached_property
    def studio(self) -> Studio:
        """The studio; what was odd about its settings is told once.

        Raises:
            SettingsError: the settings cannot be read.
        """
        trouble = start_log(self.paths.log_file)
        studio = self._open_studio(self.entries, paths=self.paths)
        for note in (*([trouble] if trouble else []), *studio.notes):
            self.console.note(note)
        return studio

    def speak_as(self, *, is_json: bool, is_quiet: bool = False) -> None:
        """Answer in events or in words from now on; what was asked for once stays."""
        self.console.is_json |= is_json
        self.console.is_quiet |= is_quiet

    def close(self) -> None:
        """Close the studio, if it was opened."""
        if "studio" in self.__dict__:
            self.studio.close()


def context_of(ctx: typer.Context) -> CliContext:
    """The desk that a command was called with."""
    context = ctx.find_object(CliContext)
    assert context is not None, "main passes it with every command line"
    return context
