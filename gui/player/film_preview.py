"""The sequence of all scenes as a film to be played, made beside the main thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from core.film.build.preview import make_preview
from gui.background import Background

if TYPE_CHECKING:
    from core.errors import StudioError
    from core.film.build.preview import PreviewFilm, PreviewStores
    from core.film.model.delivery import ExportSettings
    from core.film.model.film import Film
    from core.film.picture.text_overlays import TextRenderer
    from core.jobs.job import CancelToken, Progressed

_KEY = "preview"


@dataclass(frozen=True)
class _Step:
    token: CancelToken
    event: Progressed


class FilmPreviewer(QObject):
    """Makes the preview of one film at a time; one that was made before comes at once.

    To be told `release()` before the program ends.

    Signals:
        ready(PreviewFilm)
        failed(StudioError)
        progress(Progressed)
    """

    ready = Signal(object)
    failed = Signal(object)
    progress = Signal(object)
    _progressed = Signal(object)

    def __init__(
        self,
        stores: PreviewStores,
        text_renderer: TextRenderer | None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._stores = stores
        self._text_renderer = text_renderer
        self._background = Background(self, threads=1)
        self._token: CancelToken | None = None
        self._progressed.connect(self._tell)

    @property
    def is_building(self) -> bool:
        """Whether a preview is being made."""
        return self._token is not None

    def build(self, film: Film, settings: ExportSettings, *, skips_bad_clips: bool = False) -> None:
        """Make the preview of a film; what is being made of another one is given up."""

        def work(cancel: CancelToken) -> PreviewFilm:
            return make_preview(
                film,
                settings,
                self._stores,
                self._text_renderer,
                cancel,
                lambda event: self._progressed.emit(_Step(cancel, event)),
                skips_bad_clips=skips_bad_clips,
            )

        self._token = self._background.run(work, self._done, self._fail, key=_KEY)

    def cancel(self) -> None:
        """Give up what is being made; nothing is told of it any more."""
        if self._token is not None:
            self._token.cancel()
            self._token = None

    def release(self) -> None:
        """Stop, for good."""
        self._token = None
        self._background.close()

    @Slot(object)
    def _tell(self, step: _Step) -> None:
        # What was given up may have told of itself a moment before.
        if step.token is self._token:
            self.progress.emit(step.event)

    def _done(self, made: PreviewFilm) -> None:
        self._token = None
        self.ready.emit(made)

    def _fail(self, error: StudioError) -> None:
        self._token = None
        self.failed.emit(error)
