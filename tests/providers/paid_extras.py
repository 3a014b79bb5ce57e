"""What holds besides for services that can end a render, tell what they charge, or take LoRAs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from core.jobs.job_record import JobState
from core.video.record import read_settings_of
from core.video.request import Input
from core.video.terms import Role
from tests.providers.contract import Asked
from tests.providers.image_contract import KeptImages
from tests.providers.paid_contract import PaidContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.studio import Studio
    from core.video.request import RenderRequest


class EndsRenders(PaidContract[Any]):
    """For a service that ends a render when it is told to."""

    @pytest.mark.parametrize("charged", [False, True])
    def test_cancelling_ends_it_there_and_says_whether_it_is_billed(
        self, studio: Studio, request_slow: RenderRequest, ask: Callable[..., Asked], charged: bool
    ) -> None:
        self.habits.charges_aborted = charged
        asked = ask(studio, request_slow)
        with asked.running():
            self.wait_until_bought(asked)
            studio.queue.cancel(asked.job_id)
        assert self.is_aborted()
        assert ("charges for the render all the same" in asked.notes) is charged
        assert ("charges nothing" in asked.notes) is not charged
        assert (self.spent(studio) > 0) is charged

    def test_cancelling_what_was_left_by_a_closed_program_ends_it_there_too(
        self,
        open_studio: Callable[[], Studio],
        request_slow: RenderRequest,
        ask: Callable[..., Asked],
    ) -> None:
        first = open_studio()
        asked = ask(first, request_slow)
        with asked.running():
            self.wait_until_bought(asked)
            first.close()
        assert not self.is_aborted()

        second = open_studio()
        record = second.queue.cancel(asked.job_id)
        assert record.state is JobState.CANCELLED
        assert self.is_aborted()
        assert any("charges nothing" in note for note in record.notes)
        assert self.spent(second) == 0


class TellsCharges(PaidContract[Any]):
    """For a service that says whether a render that failed is charged."""

    @pytest.mark.parametrize("charged", [False, True])
    def test_a_render_that_fails_there_counts_only_where_it_is_charged(
        self, studio: Studio, order: Asked, charged: bool
    ) -> None:
        self.habits.fails = True
        self.habits.is_charged = charged
        assert order.run().event == "failed"
        assert (self.spent(studio) > 0) is charged
        assert self.key not in order.error


class TakesLoras(PaidContract[Any]):
    """For a model that takes LoRAs, which are sent and not copied; its fixture `lora` is one."""

    @pytest.mark.parametrize("said", ["moved or deleted", "changed"])
    def test_a_lora_that_is_not_what_it_was_is_told_and_nothing_bought(
        self,
        studio: Studio,
        request_small: RenderRequest,
        ask: Callable[..., Asked],
        lora: Path,
        said: str,
    ) -> None:
        asked = ask(studio, request_small.with_inputs((Input(role=Role.LORA, path=lora),)))
        if said == "changed":
            lora.write_bytes(bytes(63) + b"1")
        else:
            lora.rename(lora.with_name("elsewhere.safetensors"))
        assert asked.run().event == "failed"
        assert f"style.safetensors' was {said} since the job was queued" in asked.error
        assert self.server.purchases == 0
        assert self.spent(studio) == 0

    def test_what_was_bought_is_fetched_though_its_lora_is_gone(
        self,
        open_studio: Callable[[], Studio],
        request_slow: RenderRequest,
        ask: Callable[..., Asked],
        lora: Path,
    ) -> None:
        first = open_studio()
        asked = ask(first, request_slow.with_inputs((Input(role=Role.LORA, path=lora),)))
        with asked.running():
            self.wait_until_bought(asked)
            first.close()
        lora.unlink()
        self.let_it_be_quick()

        second = open_studio()
        again = Asked(second, second.resume(asked.job_id), asked.out)
        assert again.run().event == "succeeded", again.ended
        assert self.server.purchases == 1


class SellsImages(KeptImages, EndsRenders):
    """For a service that keeps the images that it makes under an id."""

    @pytest.mark.parametrize(("habit", "value", "said"), [("size", (128, 96), "128x96 instead of")])
    @override
    def test_another_clip_than_planned_is_kept_and_noted(
        self, studio: Studio, order: Asked, habit: str, value: object, said: str
    ) -> None:
        setattr(self.habits, habit, value)
        assert order.run().event == "succeeded", order.ended
        assert said in order.notes
        record = read_settings_of(order.out)
        assert record is not None
        assert (record.width, record.height) == value
        assert self.spent(studio) == (record.cost_usd or 0)
