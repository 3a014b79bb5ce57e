"""What holds besides for whoever answers an order with the image that it sells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from typing_extensions import override

from core.jobs.job import Failed
from core.jobs.job_record import JobState
from core.video.record import read_image_record, read_settings_of
from core.video.terms import OutputKind
from tests.fakes.services.image_service import ImageHabits, ImageService
from tests.providers.contract import Asked, wait_for
from tests.providers.order_contract import Child, OrderContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.studio import Studio
    from core.video.request import RenderRequest


class KeptImages(OrderContract[Any]):
    """For whoever sells images: a file is kept to the byte, or beside what was made of it."""

    suffix = ".png"

    @property
    @override
    def habits(self) -> Any:
        return self.server.habits

    @override
    def check_made(self, path: Path) -> None:
        with Image.open(path) as image:
            image.load()

    def test_the_bytes_of_the_service_are_kept_as_they_came(
        self, studio: Studio, order: Asked, request_small: RenderRequest
    ) -> None:
        size = self.size_of(request_small, studio)
        assert order.run().event == "succeeded", order.ended
        assert order.out.read_bytes() == self.server.image_of(size)
        assert read_image_record(order.out) is None, "the record lies beside it"
        record = read_settings_of(order.out)
        assert record is not None
        assert record.request.output is OutputKind.IMAGE
        (entry,) = studio.history.find()
        assert entry.path == order.out

    def test_another_kind_of_file_becomes_a_png_and_stays_beside_it(
        self, studio: Studio, order: Asked, request_small: RenderRequest
    ) -> None:
        self.habits.kind = "JPEG"
        sent = self.server.image_of(self.size_of(request_small, studio))
        assert order.run().event == "succeeded", order.ended
        with Image.open(order.out) as image:
            assert image.format == "PNG"
        assert read_image_record(order.out) is not None
        (original,) = order.out.parent.glob("clip-original.*")
        assert original.read_bytes() == sent
        assert original.name in order.notes

    def test_another_size_than_planned_is_kept_and_noted(
        self, studio: Studio, order: Asked
    ) -> None:
        self.habits.size = (128, 96)
        assert order.run().event == "succeeded", order.ended
        assert "128x96 instead of" in order.notes

    def size_of(self, request: RenderRequest, studio: Studio) -> tuple[int, int]:
        plan = studio.plan(request).plan
        return plan.width, plan.height


class ImageContract(KeptImages, OrderContract[ImageService[Any]]):
    """The service keeps nothing: what its answer holds is all that there is."""

    lost_kind = "AnswerLost"
    ways_out = ("keeps nothing", "jobs buy-again")

    @property
    @override
    def habits(self) -> ImageHabits:
        return self.server.habits

    @pytest.fixture
    def request_slow(self, request_small: RenderRequest) -> RenderRequest:
        self.habits.stalls_answers = True
        return request_small

    @override
    def let_it_be_quick(self) -> None:
        self.habits.stalls_answers = False

    @override
    def test_closing_the_program_leaves_the_job_and_the_next_start_finishes_it(
        self,
        open_studio: Callable[[], Studio],
        request_slow: RenderRequest,
        ask: Callable[..., Asked],
    ) -> None:
        """The answer that is under way is waited for: it is all that there is of it."""
        first = open_studio()
        asked = ask(first, request_slow)
        with asked.running():
            wait_for(lambda: self.server.purchases)
            first.close()
            self.let_it_be_quick()
        record = first.queue.job(asked.job_id)
        assert (record.state, bool(record.ticket)) == (JobState.INTERRUPTED, True)

        second = open_studio()
        second.registry.network.is_off = True
        again = Asked(second, second.resume(asked.job_id), asked.out)
        assert again.run().event == "succeeded", again.ended
        self.check_made(asked.out)
        assert self.server.purchases == 1
        assert self.spent(second) == pytest.approx(self.server.billed_usd)

    def test_what_a_cancelled_order_still_brings_is_there_to_be_resumed(
        self, studio: Studio, request_slow: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = ask(studio, request_slow)
        with asked.running():
            wait_for(lambda: self.server.purchases)
            studio.queue.cancel(asked.job_id)
        assert "may go on and be charged" in asked.notes
        assert self.spent(studio) > 0
        self.let_it_be_quick()
        kept = studio.paths.inputs_dir / asked.job_id
        wait_for(lambda: any(kept.glob("answer-*.json")))
        again = Asked(studio, studio.resume(asked.job_id), asked.out)
        assert again.run().event == "succeeded", again.ended
        assert self.server.purchases == 1

    def test_killed_while_it_is_made_it_is_told_and_never_ordered_again_by_itself(
        self,
        open_studio: Callable[[], Studio],
        request_slow: RenderRequest,
        start_child: Callable[[RenderRequest], Child],
    ) -> None:
        child = start_child(request_slow)
        wait_for(lambda: self.server.purchases)
        child.kill()
        self.let_it_be_quick()
        studio = open_studio()
        asked = Asked(studio, studio.resume(child.job_id), child.out)
        assert asked.run().event == "failed"
        assert asked.error.startswith(self.lost_kind)
        assert self.server.purchases == 1
        assert self.spent(studio) > 0

    @pytest.mark.parametrize("fault", ["page", "cut"])
    def test_an_answer_that_cannot_be_read_may_have_been_bought(
        self, studio: Studio, order: Asked, fault: str
    ) -> None:
        self.habits.gives_page = fault == "page"
        self.habits.cuts = int(fault == "cut")
        assert order.run().event == "failed"
        assert order.error.startswith(self.lost_kind)
        assert self.server.purchases == 1
        assert self.spent(studio) > 0

    def test_the_ledger_has_what_the_service_bills(self, studio: Studio, order: Asked) -> None:
        assert order.run().event == "succeeded", order.ended
        assert self.spent(studio) == pytest.approx(self.server.billed_usd)

    def test_an_answer_without_an_image_is_told_as_billed(
        self, studio: Studio, order: Asked
    ) -> None:
        self.habits.gives_nothing = True
        assert order.run().event == "failed"
        assert isinstance(order.ended, Failed)
        assert self.spent(studio) == pytest.approx(self.server.billed_usd)
