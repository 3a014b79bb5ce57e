"""`--fallback` and its settings on the command line: what is shown, refused, and made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.record import read_settings_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Answer
    from tests.fakes.services.cloud_server import CloudServer

    Run = Callable[..., Answer]

CLOUD = "cloud/fake/cloud-full"
BALL = ("-p", "a broke ball", "--seed", "5")


def flat(text: str) -> str:
    return " ".join(text.split())


def test_the_plan_shows_the_list_with_prices_and_buys_nothing(
    shop: Run, cloud: CloudServer
) -> None:
    words = (*BALL, "--fallback", f"{CLOUD}@0.5", "--fallback-to-paid", "--dry-run")
    answer = shop(*words)
    assert answer.code == 0, answer.err
    assert f"If it cannot be made there: Cloud Full ({CLOUD}), $0.04 (at most $0.50)." in flat(
        answer.err
    )
    (plan,) = shop(*words, "--json").events
    (fallback,) = plan["fallbacks"]
    assert (fallback["target"], fallback["limit_usd"]) == (CLOUD, 0.5)
    assert cloud.purchases == 0


def test_a_render_goes_on_elsewhere_under_the_same_job(shop: Run, cloud: CloudServer) -> None:
    words = (*BALL, "--fallback", CLOUD, "--fallback-to-paid", "-o", "ball.mp4")
    asked = shop(*words)
    assert (asked.code, cloud.purchases) == (2, 0)
    assert "It would buy the clip for $0.04: add --yes to agree." in flat(asked.err)
    answer = shop(*words, "--yes")
    assert answer.code == 0, answer.err
    assert "was passed over: The fake ran out of memory." in flat(answer.err)
    assert f"It goes on at Cloud Full ({CLOUD}), $0.04." in flat(answer.err)
    assert cloud.purchases == 1


def test_from_free_to_paid_is_refused_with_what_switches_it_on(
    shop: Run, cloud: CloudServer
) -> None:
    answer = shop(*BALL, "--fallback", CLOUD)
    assert answer.code == 1
    assert "render with --fallback-to-paid" in flat(answer.err)
    assert cloud.purchases == 0


def test_everything_wrong_with_the_list_comes_with_the_rest(shop: Run) -> None:
    answer = shop("-p", " ", "--fallback", "cloud/fke", "--fallback", f"{CLOUD}@dear")
    assert answer.code == 2
    said = flat(answer.err)
    assert "--fallback: There is no cloud deployment named 'fke'" in said, said
    assert f"--fallback: '{CLOUD}@dear' has no price limit behind its '@'." in said
    assert "The prompt is empty" in said


def test_the_settings_name_the_list_and_none_leaves_it_out(shop: Run, cloud: CloudServer) -> None:
    assert shop("config", "set", "render.fallbacks", f"{CLOUD}@0.5").code == 0
    assert shop("config", "set", "render.falls_back_to_paid", "yes").code == 0
    (plan,) = shop(*BALL, "--dry-run", "--json").events
    assert [one["target"] for one in plan["fallbacks"]] == [CLOUD]
    (plan,) = shop(*BALL, "--dry-run", "--json", "--no-fallback-to-paid").events
    assert (plan["fallbacks"], len(plan["refused"])) == ([], 1)
    (plan,) = shop(*BALL, "--dry-run", "--json", "--fallback", "none").events
    assert (plan["fallbacks"], plan["refused"]) == ([], [])
    assert cloud.purchases == 0


@pytest.mark.parametrize("value", ["cloud/fke@1", "cloud/fake@x", "cloud/fake/cloud-ful"])
def test_a_setting_takes_only_targets_that_there_are(shop: Run, value: str) -> None:
    answer = shop("config", "set", "render.fallbacks", value)
    assert answer.code == 2
    assert "render.fallbacks" in answer.err


def test_what_is_not_installed_starts_elsewhere_at_once(shop: Run, cloud: CloudServer) -> None:
    words = ("-p", "a ball", "--model", "fake-big", "-o", "ball.mp4", "--fallback", CLOUD)
    answer = shop(*words, "--yes")
    assert answer.code == 0, answer.err
    assert "was passed over: Fake Big is not installed." in flat(answer.err)
    assert cloud.purchases == 1


def test_scenes_of_a_project_go_on_by_the_settings(
    shop: Run, cloud: CloudServer, tmp_path: Path
) -> None:
    from core.project.files.project_file import read_project, write_project
    from core.project.model.project import Scene
    from core.video.request import RenderChoices
    from core.video.terms import Target
    from tests.project.projects import made_project

    folder = tmp_path / "Storm"
    target = Target(provider="fake", deployment="local", model="fake-small")
    project = made_project(folder, "Storm").model_copy(
        update={
            "scenes": (Scene(id="s0", prompt="a broke ball"),),
            "render": RenderChoices(target=target),
        }
    )
    write_project(project, folder)
    shop("config", "set", "render.fallbacks", CLOUD)
    shop("config", "set", "render.falls_back_to_paid", "yes")
    answer = shop("render", str(folder), "--yes")
    assert answer.code == 0, answer.err
    take = read_project(folder).project.chosen_take("s0")
    assert take is not None
    record = read_settings_of(take.path)
    assert record is not None
    assert [str(one.target) for one in record.passed_over] == [str(target)]
    assert cloud.purchases == 1
