"""The contract held by LTX on a ComfyUI: free, and so without the parts about money."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from core.media.ffmpeg import probe_clip
from core.video.record import read_settings_of
from core.video.request import FrameRequest, RenderRequest, Sampling
from core.video.terms import Role, Target
from providers.ltx_video.comfyui.info import INFO
from tests.fakes.services.comfyui_server import ComfyStub, comfyui_entry
from tests.providers.contract import Asked, ProviderContract, wait_for
from tests.providers.paid_contract import ROOT, Child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.studio import Studio
    from core.video.provider import ProviderEntry
    from tests.fakes.services.comfyui_server import ComfyHabits

TARGET = Target(provider=INFO.id, deployment=INFO.deployment, model="ltx-video-2b-0.9.8-distilled")


class TestComfyUI(ProviderContract):
    roles = (Role.START, Role.END)

    @pytest.fixture(autouse=True)
    def keep(self, server: ComfyStub) -> None:
        self.server = server

    @property
    def habits(self) -> ComfyHabits:
        return self.server.habits

    @pytest.fixture
    def entry(self, server: ComfyStub) -> ProviderEntry:
        return comfyui_entry()

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        frame = FrameRequest(duration_s=0.5, resolution="480p")
        return RenderRequest(
            target=TARGET, prompt="a red ball", frame=frame, sampling=Sampling(seed=5)
        )

    @pytest.fixture
    def request_slow(self, request_small: RenderRequest) -> RenderRequest:
        self.habits.polls_until_done = 10_000
        return request_small

    def let_it_be_quick(self) -> None:
        self.habits.polls_until_done = 0
        self.habits.drip_s = 0.0

    @pytest.fixture
    def order(
        self, studio: Studio, request_small: RenderRequest, ask: Callable[..., Asked]
    ) -> Asked:
        return ask(studio, request_small)

    @pytest.fixture
    def start_child(self, home: Path, tmp_path: Path) -> Iterator[Callable[[RenderRequest], Child]]:
        """Lets a process of its own render."""
        children: list[Child] = []

        def start(request: RenderRequest) -> Child:
            out = tmp_path / "out" / "clip.mp4"
            out.parent.mkdir(exist_ok=True)
            source = "tests.fakes.services.comfyui_server:comfyui_entry"
            words = (source, "", str(home), str(out), request.model_dump_json())
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.providers.contract_worker", *words],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env=dict(os.environ),
            )
            children.append(Child(process, out))
            return children[-1]

        yield start
        for child in children:
            child.kill()

    def test_it_costs_nothing_and_no_word_is_said_of_money(
        self, studio: Studio, request_slow: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = ask(studio, request_slow)
        with asked.running():
            wait_for(lambda: asked.is_made)
            studio.queue.cancel(asked.job_id)
        assert studio.ledger.spent_usd() == 0
        assert asked.notes == "ComfyUI has ended the render."

    @pytest.mark.parametrize("moment", ["waiting", "downloading"])
    def test_killed_at_any_moment_it_is_one_job_there_and_one_clip_here(
        self,
        open_studio: Callable[[], Studio],
        request_small: RenderRequest,
        start_child: Callable[[RenderRequest], Child],
        moment: str,
    ) -> None:
        self.habits.polls_until_done = 1 if moment == "downloading" else 10_000
        self.habits.drip_s = 0.4 if moment == "downloading" else 0.0
        child = start_child(request_small)
        if moment == "downloading":
            child.read_past(0.8735)
        else:
            wait_for(lambda: self.server.ours and self.server.ours[0].is_running)
        child.kill()
        self.let_it_be_quick()

        studio = open_studio()
        (left,) = studio.queue.resumable()
        assert (left.id, bool(left.ticket)) == (child.job_id, True)
        asked = Asked(studio, studio.resume(left.id), child.out)
        assert asked.run().event == "succeeded", asked.ended
        assert len(self.server.ours) == 1
        record = read_settings_of(child.out)
        assert record is not None
        assert probe_clip(child.out).num_frames == record.num_frames == 17
        assert list(studio.paths.work_dir.iterdir()) == []

    def test_killed_before_the_answer_it_is_looked_for_and_made_once_it_is_resumed(
        self,
        open_studio: Callable[[], Studio],
        request_small: RenderRequest,
        start_child: Callable[[RenderRequest], Child],
    ) -> None:
        self.habits.stalls_orders = True
        child, studio = start_child(request_small), open_studio()
        wait_for(lambda: studio.queue.job(child.job_id).ticket)
        child.kill()
        self.habits.stalls_orders = False
        asked = Asked(studio, studio.resume(child.job_id), child.out)
        assert asked.run().event == "failed"
        assert "does not know the render" in asked.error
        assert self.server.ours == []
        again = Asked(studio, studio.resume(child.job_id), child.out)
        assert again.run().event == "succeeded", again.ended
        assert len(self.server.ours) == 1

    def test_a_lost_answer_is_looked_for_under_the_id_that_was_sent(self, order: Asked) -> None:
        self.habits.drops_answers = 1
        assert order.run().event == "succeeded", order.ended
        assert len(self.server.ours) == 1
        assert self.server.calls.count("POST /prompt") == 1

    @pytest.mark.parametrize("status", [500, 502, 504])
    def test_an_order_that_a_gateway_lost_is_looked_for_and_not_sent_again_by_itself(
        self, order: Asked, status: int
    ) -> None:
        self.habits.refuses = status
        assert order.run().event == "failed"
        assert "does not know the render" in order.error
        assert self.server.calls.count("POST /prompt") == 1

    def test_a_server_that_was_started_anew_has_lost_it_and_a_resumed_job_makes_it_once_more(
        self, studio: Studio, request_slow: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = ask(studio, request_slow)
        with asked.running():
            wait_for(lambda: self.server.ours and self.server.ours[0].is_running)
            self.server.restart()
        assert "started anew" in asked.error
        assert studio.queue.job(asked.job_id).ticket is None
        self.let_it_be_quick()
        again = Asked(studio, studio.resume(asked.job_id), asked.out)
        assert again.run().event == "succeeded", again.ended
        first, second = self.server.ours
        assert first.id != second.id
        seeds = {job.nodes["9"]["inputs"].get("noise_seed") for job in (first, second)}
        assert len(seeds) == 1

    def test_an_outage_while_it_waits_changes_nothing(self, order: Asked) -> None:
        self.habits.outages = 3
        assert order.run().event == "succeeded", order.ended
        assert len(self.server.ours) == 1
        assert any("Asking again" in getattr(event, "message", "") for event in order.events)

    def test_a_server_that_is_just_starting_is_waited_for(
        self, studio: Studio, request_small: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = ask(studio, request_small)
        self.habits.is_starting = 1
        assert asked.run().event == "succeeded", asked.ended
        assert any("Waiting for ComfyUI" in getattr(e, "message", "") for e in asked.events)

    def test_a_download_that_breaks_off_goes_on(self, order: Asked) -> None:
        self.habits.truncates = 2
        assert order.run().event == "succeeded", order.ended

    def test_a_file_that_is_gone_is_told(self, order: Asked) -> None:
        self.habits.is_gone = True
        assert order.run().event == "failed"
        assert order.error.startswith("ResultLost")
        assert "paid" not in order.error

    def test_what_cannot_be_read_is_kept_all_the_same(self, order: Asked) -> None:
        self.habits.garbles = True
        assert order.run().event == "failed"
        assert "is kept as" in order.error

    def test_inputs_arrive_as_they_were_when_the_job_was_queued(
        self,
        studio: Studio,
        request_small: RenderRequest,
        ask: Callable[..., Asked],
        images: tuple[Path, ...],
    ) -> None:
        asked = ask(studio, request_small.with_inputs(self.inputs(images)))
        for path in images:
            path.write_bytes(b"another")
        assert asked.run().event == "succeeded", asked.ended
        assert len(self.server.uploads) == 2

    def test_four_at_once_keep_their_own_seed_and_record_and_wait_in_turn(
        self, studio: Studio, request_small: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = []
        for number in range(4):
            changes = {"sampling": Sampling(seed=100 + number), "prompt": f"ball {number}"}
            request = request_small.model_copy(update=changes)
            asked.append(ask(studio, request, f"clip-{number}"))
        threads = [threading.Thread(target=one.run) for one in asked]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        records = [read_settings_of(one.out) for one in asked]
        assert [record.seed for record in records if record] == [100, 101, 102, 103]
        assert len({record.facts["remote_id"] for record in records if record}) == 4

    @pytest.mark.parametrize("cancels_jobs", [True, False])
    @pytest.mark.parametrize("state", ["running", "waiting"])
    def test_a_cancel_ends_this_render_and_nobody_elses(
        self,
        studio: Studio,
        request_slow: RenderRequest,
        ask: Callable[..., Asked],
        cancels_jobs: bool,
        state: str,
    ) -> None:
        self.habits.cancels_jobs = cancels_jobs
        is_waiting = state == "waiting"
        others = self.server.let_others_render() if is_waiting else None
        asked = ask(studio, request_slow)
        with asked.running():
            wait_for(lambda: self.server.ours and asked.is_made)
            (job,) = self.server.ours
            wait_for(lambda: is_waiting or job.is_running)
            if others is None:
                others = self.server.let_others_render()
                others.is_running = False
            studio.queue.cancel(asked.job_id)
        assert asked.notes == "ComfyUI has ended the render."
        assert job.is_cancelled
        assert job.is_removed if is_waiting else job.is_interrupted
        assert not others.is_cancelled
        assert None not in self.server.told_to_interrupt

    def test_what_was_finished_when_it_was_cancelled_can_be_fetched(
        self, studio: Studio, request_small: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        self.habits.drip_s = 0.4
        asked = ask(studio, request_small)
        with asked.running():
            wait_for(lambda: asked.is_beyond(0.8735))
            studio.queue.cancel(asked.job_id)
        assert asked.ended is not None
        assert asked.ended.event == "cancelled"
        assert "had finished the render before" in asked.notes
        self.let_it_be_quick()
        again = Asked(studio, studio.resume(asked.job_id), asked.out)
        assert again.run().event == "succeeded", again.ended
        assert len(self.server.ours) == 1
