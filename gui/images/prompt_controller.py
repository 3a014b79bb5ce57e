"""What helps to write an order for pictures: wildcards as they turn out, and settings of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from core.errors import UnsupportedRequest
from core.prompts.wildcards import Wildcards, may_have_wildcards
from core.prompts.word_lists import WordLists
from core.video.planning.clip_plan import draw_seed
from core.video.planning.named_targets import concrete_target
from core.video.planning.settings_of_file import fill_request, read_found_settings
from core.video.request import RenderRequest
from core.video.terms import OutputKind
from gui.render.lora_list import offered_loras
from gui.theme import Tone

if TYPE_CHECKING:
    from pathlib import Path

    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.studio import Studio
    from core.video.planning.adapted_request import AdaptedRequest
    from core.video.terms import Target
    from gui.background import Background
    from gui.images.image_batch import ImageBatch
    from gui.images.image_tab import ImageTab

_LOOK_AFTER_MS = 200
_MOST_SHOWN = 4


class PromptController(QObject):
    """Shows under the prompt what its wildcards become, and fills the form from a file."""

    def __init__(self, studio: Studio, background: Background, tab: ImageTab) -> None:
        super().__init__(tab)
        self._studio = studio
        self._background = background
        self._tab = tab
        self._pause = QTimer(self, singleShot=True, interval=_LOOK_AFTER_MS)
        self._pause.timeout.connect(self._look)
        self._target: Target | None = None
        tab.order.changed.connect(self._on_changed)
        tab.source.chosen.connect(self.use_settings)

    @Slot(object)
    def _on_changed(self, batch: ImageBatch) -> None:
        if batch.target != self._target:
            self.read_loras()
        if may_have_wildcards(batch.prompt):
            self._pause.start()
        else:
            self._pause.stop()
            self._tab.order.words.show_message("")

    def read_loras(self) -> None:
        """Look which of a person's own LoRAs fit the chosen model."""
        studio, tab, model = self._studio, self._tab, self._tab.order.model
        if model is None:
            return
        self._target = target = tab.value().target
        self._background.run(
            lambda _: offered_loras(
                studio.paths.lora_dirs, studio.registry.find(target), model.spec
            ),
            tab.order.set_loras,
            lambda _: None,
            key="image-loras",
        )

    @Slot()
    def _look(self) -> None:
        batch, folder = self._tab.value(), self._studio.paths.wildcards_dir

        def draw(_: CancelToken) -> str:
            return _preview(batch, folder)

        def show(text: str) -> None:
            if self._tab.value().prompt == batch.prompt:
                self._tab.order.words.show_message(text, Tone.QUIET)

        # What is wrong with them is told with the plan.
        self._background.run(draw, show, lambda _: None, key="image-wildcards")

    @Slot(object)
    def use_settings(self, path: Path) -> None:
        """Fill the form with what a file was made with."""
        studio, tab = self._studio, self._tab
        base = RenderRequest(target=tab.value().target, prompt="", output=OutputKind.IMAGE)

        def read(_: CancelToken) -> AdaptedRequest:
            found = read_found_settings(path)
            registry = studio.registry
            request = base
            if found.target is not None:
                request = base.model_copy(update={"target": found.target})
            spec = registry.spec(concrete_target(registry, request))
            return fill_request(found, request, spec, studio.paths.lora_dirs)

        def filled(adapted: AdaptedRequest) -> None:
            batch = tab.value().with_settings(adapted.request)
            tab.set_value(batch)
            tab.source.show_notes((f"The settings of {path.name} are filled in.", *adapted.notes))
            tab.order.changed.emit(batch)

        def failed(error: StudioError) -> None:
            tab.source.show_notes((str(error),), Tone.BAD)

        self._background.run(read, filled, failed, key="image-settings")


def _preview(batch: ImageBatch, folder: Path) -> str:
    """What the wildcards of an order become; with a seed just that, else an example of it."""
    try:
        wildcards = Wildcards(batch.prompt, WordLists(folder))
        if wildcards.is_plain:
            return ""
        first = draw_seed() if batch.seed is None else batch.seed
        shown = min(batch.count, _MOST_SHOWN)
        drawn = [wildcards.draw(first + number) for number in range(shown)]
    except UnsupportedRequest:
        return ""
    begin = "Becomes" if batch.seed is not None else "Becomes, for example"
    if batch.count == 1:
        return f"{begin}: {drawn[0]}"
    more = f"\n… and {batch.count - shown} more" if batch.count > shown else ""
    listed = "\n".join(f"{number}. {text}" for number, text in enumerate(drawn, 1))
    return f"{begin}:\n{listed}{more}"
