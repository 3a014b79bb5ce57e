"""`jobs never-arrived`: a lost order leaves the books by a person's word, and nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli import main
from core.media.ffmpeg import probe_clip
from tests.cli.conftest import Answer
from tests.fakes.app import ENTRY
from tests.fakes.services.cloud_provider import CLOUD_KEY, cloud_entry
from tests.fakes.services.cloud_server import KEY, CloudServer, cloud_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., Answer]

BALL = ("-p", "a red ball", "--provider", "cloud", "--deployment", "fake", "--model", "cloud-full")


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudServer]:
    monkeypatch.setenv(CLOUD_KEY.variables[0], KEY)
    with cloud_server(tmp_path / "service") as cloud:
        yield cloud


@pytest.fixture
def shop(run: Run, cloud: CloudServer, capsys: pytest.CaptureFixture[str]) -> Run:
    """The program with a service besides; `run` tidies up after it."""

    def shop(*words: str) -> Answer:
        capsys.readouterr()
        code = main(words, [ENTRY, cloud_entry(cloud.url)])
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return shop


def spent(shop: Run) -> float:
    (total,) = [one for one in shop("costs", "--json").events if one["event"] == "total"]
    return total["counted_usd"]


def only_job(shop: Run) -> str:
    (job,) = shop("jobs", "--json").events
    return job["id"]


def test_a_lost_order_that_is_not_in_the_account_no_longer_counts(
    shop: Run, cloud: CloudServer, tmp_path: Path
) -> None:
    cloud.habits.drops_answers = 1
    lost = shop(*BALL, "-o", "ball.mp4", "--yes")
    assert lost.code == 1
    job = only_job(shop)
    assert f"'main.py jobs never-arrived {job}'" in " ".join(lost.err.split())
    price = spent(shop)
    assert price > 0
    # Nobody is there to be asked, and nothing is taken for granted.
    asked = shop("jobs", "never-arrived", job)
    assert asked.code == 2
    assert "add --yes to agree" in " ".join(asked.err.split())
    assert spent(shop) == price
    struck = shop("jobs", "never-arrived", job, "--yes", "--json")
    assert struck.code == 0
    assert struck.events == [{"event": "struck", "job": job, "cost_usd": price}]
    assert spent(shop) == 0
    again = shop("jobs", "never-arrived", job, "--yes")
    assert again.code == 2
    assert "no order of which something is unknown" in " ".join(again.err.split())
    # Resumed, it is ordered as if it had never been, and counts.
    assert shop("jobs", "resume", job).code == 0
    assert probe_clip(tmp_path / "work" / "ball.mp4").num_frames
    assert spent(shop) > 0


def test_an_order_that_the_service_took_is_never_struck(shop: Run, cloud: CloudServer) -> None:
    cloud.habits.is_gone = True
    assert shop(*BALL, "--yes").code == 1
    job = only_job(shop)
    price = spent(shop)
    refused = shop("jobs", "never-arrived", job, "--yes")
    assert refused.code == 2
    assert "took the order" in refused.err
    assert spent(shop) == price > 0
    # Nor one of a job that is none of the lost ones.
    cloud.habits.is_gone = False
    assert shop("jobs", "resume", job).code == 0
    assert shop("jobs", "never-arrived", job, "--yes").code == 2
    assert spent(shop) == price
