"""Settings that are applied to a running studio do what they say, without a restart."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.config.setting_fields import with_text
from core.config.settings import Settings
from core.errors import NotConfigured
from core.jobs.job import Failed
from core.jobs.job_record import JobState
from core.jobs.lanes import Lane
from core.studio import Studio
from core.video.provider import NotReady, ProviderEntry, ReasonCode
from core.video.request import Delivery, RenderRequest
from core.video.spec import Residency
from core.video.terms import Target
from tests.fakes.provider import BIG, FAKE_KEY, SMALL, FakeProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.config.api_keys import KeySpec
    from core.platform.paths import Paths
    from core.video.provider import Readiness
    from core.video.spec import ModelSpec

TARGET = Target(provider="fake", deployment="local", model="fake-small")


class CloudFake(FakeProvider):
    """The fake as if it were a service; counts who asks it."""

    def __init__(self) -> None:
        super().__init__(Lane.CLOUD)
        self.asked = 0

    def check_key(self, key: KeySpec) -> Readiness:
        self.asked += 1
        return super().check_key(key)


class RoomyFake(FakeProvider):
    """The fake with a choice of layouts in memory."""

    def models(self) -> tuple[ModelSpec, ...]:
        choice = (Residency.RESIDENT, Residency.GROUP_OFFLOAD)
        return (BIG, SMALL.model_copy(update={"residencies": choice}))


def studio_of(provider: FakeProvider, paths: Paths) -> Studio:
    return Studio([ProviderEntry(provider.info, lambda _: provider)], paths=paths)


@pytest.fixture
def service() -> CloudFake:
    return CloudFake()


@pytest.fixture
def cloud(service: CloudFake, paths: Paths) -> Iterator[Studio]:
    studio = studio_of(service, paths)
    yield studio
    studio.close()


def ask(prompt: str = "a ball") -> RenderRequest:
    return RenderRequest(target=TARGET, prompt=prompt)


def apply(studio: Studio, name: str, text: str) -> None:
    studio.apply_settings(with_text(studio.settings, name, text))


def wait_until(condition: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until_s, "it never happened"
        time.sleep(0.02)


def test_places_in_the_cloud_follow_the_setting_at_once(cloud: Studio) -> None:
    apply(cloud, "cloud.parallel_jobs", "1")
    queue = cloud.queue
    for _ in range(3):
        cloud.submit_render(cloud.plan(ask("hang")))

    def running() -> int:
        return sum(record.state is JobState.RUNNING for record in queue.jobs())

    workers = [threading.Thread(target=queue.run, args=[Lane.CLOUD]) for _ in range(3)]
    for worker in workers:
        worker.start()
    wait_until(lambda: running() == 1)
    time.sleep(0.5)
    assert running() == 1
    apply(cloud, "cloud.parallel_jobs", "3")
    wait_until(lambda: running() == 3)
    cloud.close()
    for worker in workers:
        worker.join()


def test_places_are_those_of_the_file_from_the_start(paths: Paths) -> None:
    studio = studio_of(CloudFake(), paths)
    studio.config.save(with_text(Settings(), "cloud.parallel_jobs", "1"))
    again = studio_of(CloudFake(), paths)
    assert again.settings.cloud.parallel_jobs == 1


def test_nothing_is_ordered_from_a_service_while_the_network_is_off(cloud: Studio) -> None:
    apply(cloud, "network.is_off", "yes")
    planned = cloud.plan(ask())
    assert isinstance(planned.readiness, NotReady)
    assert planned.readiness.reason_code is ReasonCode.NETWORK_OFF
    assert "config set network.is_off no" in planned.readiness.fix
    with pytest.raises(NotConfigured, match="The network is switched off"):
        cloud.submit_render(planned)


def test_a_plan_made_before_the_switch_is_refused_after_it(cloud: Studio) -> None:
    planned = cloud.plan(ask())
    apply(cloud, "network.is_off", "yes")
    with pytest.raises(NotConfigured, match="The network is switched off"):
        cloud.submit_render(planned)
    apply(cloud, "network.is_off", "no")
    assert cloud.submit_render(planned)


def test_a_queued_order_stops_before_the_call_and_can_be_resumed(
    cloud: Studio, service: CloudFake
) -> None:
    job_id = cloud.submit_render(cloud.plan(ask()))
    apply(cloud, "network.is_off", "yes")
    outcome = cloud.queue.run_job(job_id)
    assert isinstance(outcome, Failed)
    assert "The network is switched off" in outcome.error.message
    assert service.rendered == []
    apply(cloud, "network.is_off", "no")
    cloud.queue.run_job(cloud.queue.resume(job_id))
    assert len(service.rendered) == 1


def test_no_key_is_tested_while_the_network_is_off(cloud: Studio, service: CloudFake) -> None:
    apply(cloud, "network.is_off", "yes")
    readiness = cloud.check_key(TARGET, FAKE_KEY)
    assert isinstance(readiness, NotReady)
    assert readiness.reason_code is ReasonCode.NETWORK_OFF
    assert service.asked == 0
    apply(cloud, "network.is_off", "no")
    cloud.check_key(TARGET, FAKE_KEY)
    assert service.asked == 1


def test_this_machine_renders_on_while_the_network_is_off(studio: Studio) -> None:
    apply(studio, "network.is_off", "yes")
    assert studio.submit_render(studio.plan(ask()))


@pytest.mark.parametrize(
    ("usual", "asked", "planned"),
    [
        ("group-offload", None, Residency.GROUP_OFFLOAD),
        ("group-offload", Residency.RESIDENT, Residency.RESIDENT),
        ("model-offload", None, None),
        ("", None, None),
    ],
)
def test_the_usual_memory_is_taken_where_a_request_does_not_say(
    paths: Paths, usual: str, asked: Residency | None, planned: Residency | None
) -> None:
    studio = studio_of(RoomyFake(), paths)
    apply(studio, "render.memory", usual)
    request = ask().model_copy(update={"delivery": Delivery(memory=asked)})
    assert studio.plan(request).plan.request.delivery.memory is planned


def test_a_model_without_a_choice_is_not_asked_for_one(studio: Studio) -> None:
    apply(studio, "render.memory", "resident")
    assert studio.plan(ask()).plan.request.delivery.memory is None


def test_clips_go_to_a_new_folder_and_back_to_the_usual_one(studio: Studio, tmp_path: Path) -> None:
    usual = studio.plan(ask()).output.path.parent
    apply(studio, "folders.output", str(tmp_path / "mine"))
    assert studio.plan(ask()).output.path.parent == tmp_path / "mine"
    apply(studio, "folders.output", "")
    assert studio.plan(ask()).output.path.parent == usual
    assert studio.usual_folders["folders.output"] == usual


def test_the_folder_of_models_waits_for_the_next_start(studio: Studio, tmp_path: Path) -> None:
    before = studio.paths.models_dir
    apply(studio, "folders.models", str(tmp_path / "mine"))
    assert studio.paths.models_dir == before
    studio.config.save(studio.settings)
    again = Studio([replace(ProviderEntry(FakeProvider().info, lambda _: FakeProvider()))],
                   paths=studio.paths)  # fmt: skip
    assert again.paths.models_dir == tmp_path / "mine"
