"""LTX at Fal over the true wire: its refusals, its odd answers, its prices and its secrets."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from core.errors import ProviderUnavailable
from core.jobs.job import Failed
from core.media.ffmpeg import probe_clip
from core.platform.paths import Paths
from core.studio import Studio
from core.video.provider import Ready
from core.video.record import read_settings_of
from core.video.request import Delivery, FrameRequest, Input, RenderRequest, Sampling
from core.video.terms import Role, Target
from providers.fal.info import FAL_KEY
from providers.ltx_video.fal.client import FalClipClient
from providers.ltx_video.fal.info import INFO
from tests.fakes.program import REAL, ROOT, environment
from tests.fakes.services.fal_server import KEY, FalJob, fal_entry
from tests.providers.contract import Asked

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.services.fal_server import FalServer

SMALL = FrameRequest(duration_s=0.5, resolution="480p")


def asked(model: str = "ltx-2.3-22b", *inputs: Input, **more: Any) -> RenderRequest:
    target = Target(provider=INFO.id, deployment=INFO.deployment, model=model)
    settings = {"frame": SMALL, "sampling": Sampling(seed=5)} if model == "ltx-2.3-22b" else {}
    return RenderRequest(target=target, prompt="a red ball", inputs=inputs, **{**settings, **more})


def rendered(studio: Studio, tmp_path: Path, request: RenderRequest | None = None) -> Asked:
    out = tmp_path / "clip.mp4"
    job = Asked(studio, studio.submit_render(studio.plan(request or asked(), out=out)), out)
    job.run()
    return job


def test_the_main_command_makes_a_clip_with_its_price_in_record_and_ledger(
    fal: FalServer, tmp_path: Path
) -> None:
    # The program asks as seldom as the service wants to be asked.
    fal.habits.polls_until_done = 0
    home, out = tmp_path / "home", tmp_path / "clip.mp4"
    words = ["--provider", "ltx-video", "--deployment", "fal", "--model", "ltx-2.3-fast", "--yes"]
    done = subprocess.run(
        [*REAL, *words, "-p", "a red ball", "-o", str(out)],
        cwd=ROOT,
        env=environment(IMAGEAI_HOME=str(home)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "$0.24" in done.stdout + done.stderr
    assert "The price is that of" in " ".join((done.stdout + done.stderr).split())
    assert "seed" not in done.stdout + done.stderr, "this model takes none"
    facts = probe_clip(out)
    assert (facts.width, facts.height, facts.num_frames, facts.has_audio) == (1920, 1080, 150, True)
    record = read_settings_of(out)
    assert record is not None
    assert record.cost_usd == pytest.approx(0.24)
    assert record.facts["remote_id"] == fal.last.id
    assert fal.last.endpoint == "fal-ai/ltx-2.3/text-to-video/fast"
    assert fal.purchases == 1
    studio = Studio([fal_entry()], paths=Paths.below(home))
    assert studio.ledger.spent_usd() == pytest.approx(0.24)
    studio.close()


def test_a_word_that_nobody_knows_is_work_in_progress(
    fal: FalServer, studio: Studio, tmp_path: Path
) -> None:
    fal.habits.words = ["WARMING_UP", "POLISHING"]
    job = rendered(studio, tmp_path)
    assert job.out.exists(), job.ended
    assert fal.purchases == 1


def test_a_page_of_a_gateway_while_it_waits_costs_nothing(
    fal: FalServer, studio: Studio, tmp_path: Path
) -> None:
    fal.habits.page_outages = 2
    assert rendered(studio, tmp_path).out.exists()
    assert fal.purchases == 1


def test_a_limit_that_says_not_how_long_is_waited_for(
    fal: FalServer, studio: Studio, tmp_path: Path
) -> None:
    fal.habits.limits = 1
    fal.habits.gives_retry_after = False
    assert rendered(studio, tmp_path).out.exists()
    first, second = fal.questions[:2]
    assert second - first >= 0.08, "as long as between any two questions"


REFUSED = [{"loc": ["body", "prompt"], "msg": "flagged", "type": "content_policy_violation"}]


def test_a_refused_prompt_is_told_as_such_when_ordered(
    fal: FalServer, studio: Studio, tmp_path: Path
) -> None:
    fal.habits.refuses = 422
    fal.habits.refusal = REFUSED
    job = rendered(studio, tmp_path)
    assert job.error.startswith("ContentRefused: Fal refused the prompt or an input: prompt:")
    assert studio.ledger.spent_usd() == 0


@pytest.mark.parametrize("shape", ["result", "queue"])
def test_a_refused_clip_is_told_as_such_and_may_be_billed(
    fal: FalServer, studio: Studio, tmp_path: Path, shape: str
) -> None:
    if shape == "result":
        fal.habits.detail = REFUSED
    else:
        fal.habits.error, fal.habits.error_type = "flagged", "content_policy_violation"
    job = rendered(studio, tmp_path)
    assert job.error.startswith("ContentRefused")
    assert studio.ledger.spent_usd() > 0, "Fal does not say whether it bills this"


def test_a_field_that_is_refused_is_named(fal: FalServer, studio: Studio, tmp_path: Path) -> None:
    fal.habits.refuses = 422
    fal.habits.refusal = [
        {"loc": ["body", "num_frames"], "msg": "Input should be at most 481", "type": "less"},
        {"loc": ["body", "loras", 0, "path"], "msg": "not a LoRA", "type": "value_error"},
    ]
    job = rendered(studio, tmp_path)
    assert "num_frames: Input should be at most 481. loras.0.path: not a LoRA." in job.error
    assert job.error.startswith("RenderFailed")


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (["the prompt is too long", 7], "the prompt is too long. 7."),
        ([{"msg": "no place", "loc": None}], "no place."),
        ({"message": "odd"}, "odd"),
    ],
)
def test_a_refusal_of_another_shape_is_told_and_nothing_hangs(
    fal: FalServer, studio: Studio, tmp_path: Path, refusal: object, said: str
) -> None:
    fal.habits.refuses, fal.habits.refusal = 422, refusal
    job = rendered(studio, tmp_path)
    assert job.error.startswith("RenderFailed")
    assert said in job.error
    assert studio.queue.job(job.job_id).ticket is None
    assert studio.ledger.spent_usd() == 0


def test_a_result_out_of_reach_is_waited_for_and_bought_once(
    fal: FalServer, studio: Studio, tmp_path: Path
) -> None:
    fal.habits.result_outages = 2
    job = rendered(studio, tmp_path)
    assert job.out.exists(), job.ended
    assert fal.purchases == 1


def test_a_result_that_is_gone_is_paid_and_keeps_its_ticket(
    fal: FalServer, studio: Studio, tmp_path: Path
) -> None:
    fal.habits.detail, fal.habits.detail_status = "Request not found", 404
    job = rendered(studio, tmp_path)
    assert job.error.startswith("ResultLost")
    assert studio.queue.job(job.job_id).ticket
    assert studio.ledger.spent_usd() > 0
    again = Asked(studio, studio.resume(job.job_id), job.out)
    again.run()
    assert fal.purchases == 1


@pytest.mark.parametrize(
    ("habits", "is_charged"),
    [
        ({}, True),
        ({"error": "Runner disconnected"}, False),
        ({"detail": REFUSED}, None),
        ({"result_lags": 1000}, None),
        ({"result_outages": 1}, None),
    ],
)
def test_what_an_end_costs_is_told_by_what_came_of_it(
    fal: FalServer, habits: dict[str, Any], is_charged: bool | None
) -> None:
    for name, value in habits.items():
        setattr(fal.habits, name, value)
    endpoint = "fal-ai/ltx-2.3-22b/text-to-video"
    fal.jobs["made"] = FalJob("made", {}, polls=99, endpoint=endpoint)
    client = FalClipClient("ltx-video/fal/ltx-2.3-22b", KEY)
    if "result_outages" in habits:
        with pytest.raises(ProviderUnavailable):
            client.abort("made")
    else:
        assert client.abort("made") is is_charged


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (402, "no money", "QuotaExceeded"),
        (403, "User is locked. Reason: Exhausted balance.", "QuotaExceeded"),
        (403, "forbidden", "AuthFailed"),
        (404, "no such endpoint", "RenderFailed: Fal has no such model any more"),
    ],
)
def test_what_is_wrong_with_the_account_is_told(
    fal: FalServer, studio: Studio, tmp_path: Path, status: int, said: str, kind: str
) -> None:
    fal.habits.refuses, fal.habits.refusal = status, said
    job = rendered(studio, tmp_path)
    assert job.error.startswith(kind)
    assert said.rstrip(".") in job.error
    assert studio.ledger.spent_usd() == 0


def test_a_render_that_broke_in_the_queue_is_not_billed(
    fal: FalServer, studio: Studio, tmp_path: Path
) -> None:
    fal.habits.error, fal.habits.error_type = "startup timeout", "startup_timeout"
    job = rendered(studio, tmp_path)
    assert job.error.startswith("RenderFailed: Fal could not make the clip: startup timeout.")
    assert studio.ledger.spent_usd() == 0


@pytest.mark.parametrize(
    ("status", "said"), [(500, "Internal Server Error"), (400, "Request was cancelled")]
)
def test_a_result_of_another_shape_of_failure_is_told(
    fal: FalServer, studio: Studio, tmp_path: Path, status: int, said: str
) -> None:
    fal.habits.detail, fal.habits.detail_status = said, status
    job = rendered(studio, tmp_path)
    assert job.error.startswith(f"RenderFailed: Fal could not make the clip: {said}.")
    assert studio.ledger.spent_usd() == 0


def test_done_without_a_clip_is_an_error_that_may_be_billed(
    fal: FalServer, studio: Studio, tmp_path: Path
) -> None:
    fal.habits.is_empty = True
    job = rendered(studio, tmp_path)
    assert "Fal says that the clip is done and gives none" in job.error
    assert studio.ledger.spent_usd() > 0


def test_a_render_is_asked_after_where_fal_says(
    fal: FalServer, studio: Studio, tmp_path: Path
) -> None:
    fal.habits.moves_to = "lightricks/ltx-2.3-22b"
    job = rendered(studio, tmp_path)
    assert job.out.exists(), job.ended
    record = read_settings_of(job.out)
    assert record is not None
    assert record.facts["remote_id"] == f"lightricks/ltx-2.3-22b/requests/{fal.last.id}"


def test_a_webhook_goes_along_with_the_order(
    fal: FalServer, studio: Studio, tmp_path: Path
) -> None:
    address = "https://example.org/hook?a=1&b=2"
    rendered(studio, tmp_path, asked(delivery=Delivery(webhook_url=address)))
    assert fal.last.webhook == address


def test_a_file_goes_to_the_storage_by_a_neutral_name_and_nowhere_else(
    fal: FalServer, studio: Studio, tmp_path: Path
) -> None:
    image = tmp_path / "Großmutter 王.PNG"
    Image.new("RGB", (832, 480), (9, 90, 200)).save(image)
    job = rendered(studio, tmp_path, asked("ltx-2.3-22b", Input(role=Role.START, path=image)))
    assert job.out.exists(), job.ended
    assert fal.names == ["input.png"]
    assert list(fal.uploads.values()) == [image.read_bytes()]
    assert fal.last.body["image_url"] == "https://v3.fal.media/files/file-1"
    assert fal.hosts == {
        "api.fal.ai", "queue.fal.run", "rest.fal.ai", "v3.fal.media", "v3b.fal.media"
    }  # fmt: skip


def test_a_file_that_the_storage_refuses_is_told_and_nothing_bought(
    fal: FalServer, studio: Studio, tmp_path: Path
) -> None:
    fal.habits.upload_failures = 1
    image = tmp_path / "start.png"
    Image.new("RGB", (832, 480)).save(image)
    job = rendered(studio, tmp_path, asked("ltx-2.3-22b", Input(role=Role.START, path=image)))
    assert "the file is too large" in job.error
    assert isinstance(job.ended, Failed)
    assert fal.purchases == 0
    assert studio.ledger.spent_usd() == 0


def test_a_large_file_goes_by_parts(fal: FalServer, studio: Studio, tmp_path: Path) -> None:
    large = tmp_path / "large.safetensors"
    with large.open("wb") as file:
        file.write(b"begin")
        file.seek(101 * 1024 * 1024)
        file.write(b"end")
    address = FalClipClient("ltx-video/fal/ltx-2.3-22b", KEY).upload(large)
    assert address == "https://v3.fal.media/files/file-1"
    assert fal.uploads["file-1"] == large.read_bytes()


def test_the_address_of_the_clip_is_kept_nowhere(
    fal: FalServer, studio: Studio, tmp_path: Path
) -> None:
    fal.habits.is_gone = True
    job = rendered(studio, tmp_path)
    assert job.error.startswith("ResultLost")
    files = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert files
    assert [path.name for path in files if b"sig-77aa31" in path.read_bytes()] == []


PER_MEGAPIXEL = {"fal-ai/ltx-2.3-22b/text-to-video": (0.002, "megapixels")}
PER_SECOND = {"fal-ai/ltx-2.3/text-to-video/fast": (0.05, "seconds")}


class TestPrices:
    def test_the_price_is_asked_before_the_plan_and_kept(
        self, fal: FalServer, studio: Studio, tmp_path: Path
    ) -> None:
        fal.habits.prices = PER_SECOND
        plans = [studio.plan(asked("ltx-2.3-fast")).plan for _ in range(3)]
        assert fal.asked_prices == 1
        assert [plan.cost_usd for plan in plans] == [pytest.approx(0.30)] * 3
        assert any("asked from Fal" in note for note in plans[0].notes)
        again = Studio([fal_entry()], paths=Paths.below(tmp_path / "home"))
        again.registry.network.is_off = True
        assert again.plan(asked("ltx-2.3-fast")).plan.cost_usd == pytest.approx(0.30)
        again.close()
        assert fal.asked_prices == 1

    def test_larger_sizes_cost_as_many_times_as_much_as_in_the_list(
        self, fal: FalServer, studio: Studio
    ) -> None:
        fal.habits.prices = PER_SECOND
        frame = FrameRequest(resolution="2160p")
        plan = studio.plan(asked("ltx-2.3-fast", frame=frame)).plan
        assert plan.cost_usd == pytest.approx(6 * 0.05 * 4)

    def test_a_price_in_megapixels_counts_every_frame(self, fal: FalServer, studio: Studio) -> None:
        fal.habits.prices = PER_MEGAPIXEL
        plan = studio.plan(asked()).plan
        assert plan.cost_usd == pytest.approx(832 * 480 * plan.num_frames / 1e6 * 0.002)

    @pytest.mark.parametrize("unit", ["compute seconds", "GPU second", "videos", "megapixels"])
    def test_only_seconds_of_clip_change_a_price_by_the_second(
        self, fal: FalServer, studio: Studio, unit: str
    ) -> None:
        fal.habits.prices = {"fal-ai/ltx-2.3/text-to-video/fast": (0.0006, unit)}
        assert studio.plan(asked("ltx-2.3-fast")).plan.cost_usd == pytest.approx(0.24)

    def test_with_loras_the_price_is_that_of_its_own_endpoint(
        self, fal: FalServer, studio: Studio, lora: Path
    ) -> None:
        request = asked("ltx-2.3-22b", Input(role=Role.LORA, path=lora))
        plan = studio.plan(request).plan
        assert plan.cost_usd is None
        assert any("is not known" in note for note in plan.notes)

    def test_a_price_with_loras_counts_once_fal_has_told_it(
        self, fal: FalServer, studio: Studio, lora: Path
    ) -> None:
        fal.habits.prices = {"fal-ai/ltx-2.3-22b/text-to-video/lora": (0.003, "megapixels")}
        plan = studio.plan(asked("ltx-2.3-22b", Input(role=Role.LORA, path=lora))).plan
        assert plan.cost_usd == pytest.approx(832 * 480 * plan.num_frames / 1e6 * 0.003)

    def test_a_row_that_makes_no_sense_spoils_no_other(
        self, fal: FalServer, studio: Studio
    ) -> None:
        fal.habits.prices = {**PER_SECOND, "fal-ai/ltx-2.3/text-to-video": (0.0, "seconds")}
        assert studio.plan(asked("ltx-2.3-fast")).plan.cost_usd == pytest.approx(0.30)
        assert studio.plan(asked("ltx-2.3-pro")).plan.cost_usd == pytest.approx(0.36)

    def test_an_endpoint_that_is_gone_spoils_no_other(self, fal: FalServer, studio: Studio) -> None:
        fal.habits.prices = PER_SECOND
        fal.habits.unknown = ("fal-ai/ltx-2.3/extend-video",)
        assert studio.plan(asked("ltx-2.3-fast")).plan.cost_usd == pytest.approx(0.30)

    @pytest.mark.parametrize("unit", ["compute seconds of a GPU", "requests", ""])
    def test_a_unit_that_says_not_what_a_clip_costs_changes_nothing(
        self, fal: FalServer, studio: Studio, unit: str
    ) -> None:
        fal.habits.prices = {"fal-ai/ltx-2.3-22b/text-to-video": (0.5, unit)}
        plan = studio.plan(asked()).plan
        assert plan.cost_usd == pytest.approx(832 * 480 * plan.num_frames / 1e6 * 0.001605)

    def test_nothing_is_asked_without_a_key_or_with_the_network_off(
        self, fal: FalServer, studio: Studio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        studio.registry.network.is_off = True
        assert studio.plan(asked("ltx-2.3-fast")).plan.cost_usd == pytest.approx(0.24)
        studio.registry.network.is_off = False
        monkeypatch.delenv("FAL_KEY")
        studio.plan(asked("ltx-2.3-fast"))
        assert fal.asked_prices == 0

    def test_what_is_not_known_is_never_shown_as_nothing(
        self, fal: FalServer, studio: Studio
    ) -> None:
        plan = studio.plan(asked("ltx-2.3-22b-distilled")).plan
        assert plan.cost_usd is None
        assert any("not known" in note for note in plan.notes)

    def test_the_key_is_tested_by_asking_for_prices(self, fal: FalServer, studio: Studio) -> None:
        target = asked().target
        assert isinstance(studio.check_key(target, FAL_KEY), Ready)
        assert fal.asked_prices == 1

    def test_a_wrong_key_is_told(
        self, fal: FalServer, studio: Studio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FAL_KEY", "another-key-entirely")
        readiness = studio.check_key(asked().target, FAL_KEY)
        assert not isinstance(readiness, Ready)
        assert "rejected the key (401)" in readiness.reason
        assert "another-key-entirely" not in readiness.reason


def test_fals_own_client_buys_again_when_an_answer_is_lost(fal: FalServer) -> None:
    """Why orders do not go by it; where this fails, it has learned better."""
    from fal_client import SyncClient

    fal.habits.drops_answers = 2
    client = SyncClient(key=KEY)
    client.submit("fal-ai/ltx-2.3/text-to-video/fast", {"prompt": "a red ball"})
    client.__dict__["_client"].close()
    assert fal.purchases == 3


def test_listing_the_models_loads_no_client_and_asks_nobody(fal: FalServer, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from core.platform.paths import Paths\n"
        "from core.studio import Studio\n"
        "from core.video.listing import read_listing\n"
        "from providers import PROVIDERS\n"
        "studio = Studio(PROVIDERS, paths=Paths.below(Path(sys.argv[1])))\n"
        "listed = read_listing(studio.registry)\n"
        "assert any(one.spec.id == 'ltx-2.3-fast' and not one.too_large for one in listed.models)\n"
        "assert not {'fal_client', 'httpx', 'httpx2'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert fal.hosts == set()
