"""Lost orders: who is warned of them, and whose word takes them out of the books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.media.ffmpeg import probe_clip
from core.project.files.project_file import write_project
from core.project.model.project import Scene
from core.video.request import RenderChoices
from core.video.terms import Target
from tests.project.projects import made_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Answer
    from tests.fakes.services.cloud_server import CloudServer

    Run = Callable[..., Answer]

BALL = ("-p", "a red ball", "--provider", "cloud", "--deployment", "fake", "--model", "cloud-full")


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


def test_a_scene_that_may_be_bought_already_is_told_before_it_is_ordered_again(
    shop: Run, cloud: CloudServer, tmp_path: Path
) -> None:
    folder = tmp_path / "Storm"
    target = Target(provider="cloud", deployment="fake", model="cloud-full")
    project = made_project(folder, "Storm").model_copy(
        update={
            "scenes": (Scene(id="ball", prompt="a red ball"),),
            "render": RenderChoices(target=target),
        }
    )
    write_project(project, folder)
    plain = shop("render", str(folder), "--dry-run")
    cloud.habits.drops_answers = 1
    assert shop("render", str(folder), "--yes").code == 1
    job = only_job(shop)
    told = shop("render", str(folder), "--dry-run")
    warning = f"may be bought already, and would be twice. See 'main.py jobs show {job}' first."
    assert warning in " ".join(told.err.split())
    assert "bought already" not in plain.err
    assert cloud.purchases == 1
    # Bought once more by a person's word, it is the newer order that counts.
    assert shop("jobs", "buy-again", job).code == 0
    assert "bought already" not in shop("render", str(folder), "--all", "--dry-run").err
