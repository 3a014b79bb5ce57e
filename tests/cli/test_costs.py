"""`costs` as a person types it: what was spent, what is left, and what is refused."""

from __future__ import annotations

import csv
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cli import main
from core.platform.paths import Paths
from core.project.files.lock import ProjectLock
from core.project.files.project_file import read_project, write_project
from core.project.model.project import Scene
from core.spending.caps import PlannedPurchase, ProjectBudget
from core.spending.ledger import Ledger
from core.video.request import RenderChoices
from core.video.terms import Target
from tests.cli.conftest import Answer
from tests.fakes.paid import PAID_ENTRY
from tests.fakes.program import environment
from tests.project.projects import made_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., Answer]

PRICE = 0.5625
# A shop in a process of its own.
_SHOP = """
import sys
from cli import main
from tests.fakes.paid import PAID_ENTRY
raise SystemExit(main(sys.argv[1:], [PAID_ENTRY]))
"""


@pytest.fixture
def shop(home: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs one command line with a provider whose clips cost money."""
    root = logging.getLogger()
    before = list(root.handlers)

    def run(*words: str) -> Answer:
        capsys.readouterr()
        code = main(words, [PAID_ENTRY])
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    yield run
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "Storm"
    project = made_project(folder, "Storm")
    target = Target(provider="fake", deployment="local", model="fake-small")
    scenes = tuple(Scene(id=f"s{place}", prompt="ball", continues=place == 2) for place in range(3))
    choices = RenderChoices(target=target)
    write_project(project.model_copy(update={"scenes": scenes, "render": choices}), folder)
    return folder


def num_jobs(run: Run) -> int:
    return len(run("jobs", "--json").events)


def cap_events(answer: Answer) -> dict[str, float]:
    return {one["span"]: one["left_usd"] for one in answer.events if one["event"] == "cap"}


def test_nothing_was_bought_yet(run: Run) -> None:
    answer = run("costs")
    assert answer.code == 0
    assert answer.out.startswith("Nothing was bought (")
    assert "No cap is set." in answer.out


def test_a_project_s_renders_are_summed_up_by_day_project_and_model(
    shop: Run, folder: Path, tmp_path: Path
) -> None:
    assert shop("render", str(folder), "--scene", "1", "--scene", "2", "--yes").code == 0
    answer = shop("costs")
    assert "2 purchases, $1.12 estimated, unknown charged." in answer.out
    assert "By project" in answer.out
    assert "Storm" in answer.out
    assert "fake/local/fake-small" in answer.out
    rows = shop("costs", "--by", "project", "--json").events
    assert [
        (one["event"], one["name"], one["estimated_usd"], one["charged_usd"]) for one in rows
    ] == [
        ("costs", "Storm", 2 * PRICE, None),
        ("total", "total", 2 * PRICE, None),
    ]
    table = tmp_path / "costs.csv"
    assert shop("costs", "--csv", str(table)).code == 0
    with table.open(newline="", encoding="utf-8") as file:
        assert [row["project"] for row in csv.DictReader(file)] == ["Storm", "Storm"]
    refused = shop("costs", "--csv", str(tmp_path / "nodir" / "costs.csv"), "--month", "2001-77")
    assert refused.code == 2
    assert "'2001-77'" in refused.err
    assert "does not exist" in " ".join(refused.err.split())
    assert not (tmp_path / "nodir").exists()
    refused = shop("costs", "--csv", str(table))
    assert refused.code == 2
    assert "--force" in refused.err
    assert shop("costs", "--csv", str(table), "--force").code == 0
    assert "Nothing was bought (2001-02)" in shop("costs", "--month", "2001-02").out


def test_everything_wrong_with_a_period_is_told_at_once(run: Run) -> None:
    answer = run("costs", "--month", "2026-13", "--from", "soon", "--to", "2026-11-31")
    assert answer.code == 2
    for words in ("either --month", "'2026-13'", "'soon'", "'2026-11-31'"):
        assert words in answer.err
    assert "lies before" in run("costs", "--from", "2026-11-02", "--to", "2026-11-01").err


def test_an_unknown_price_is_told_and_never_nothing(home: Path, run: Run) -> None:
    Ledger(Paths.of_user().spending_file).order("a", PlannedPurchase(None, "x/y/z"))
    answer = run("costs")
    assert "unknown estimated, unknown charged" in answer.out
    assert "$0" not in answer.out
    (row, total) = run("costs", "--by", "model", "--json").events
    assert (row["estimated_usd"], row["estimated_unknown"]) == (None, 1)
    assert (total["counted_usd"], total["counted_unknown"]) == (None, 1)


def test_several_scenes_are_refused_together_before_one_is_ordered(shop: Run, folder: Path) -> None:
    assert shop("config", "set", "cloud.daily_cap_usd", "1.5").code == 0
    assert shop("costs", "cap", str(folder), "1.2").code == 0
    dry = shop("render", str(folder), "--missing", "--dry-run")
    assert dry.code == 3
    assert "Together these 3 clips cost $1.69" in " ".join(dry.err.split())
    answer = shop("render", str(folder), "--missing")
    assert answer.code == dry.code
    said = " ".join(answer.err.split())
    assert "Together these 3 clips cost $1.69" in said
    assert "the day's cap of $1.50 ($0.00 spent, $1.50 left)" in said
    assert "the cap of the project 'Storm' of $1.20 ($0.00 spent, $1.20 left)" in said
    assert num_jobs(shop) == 0
    assert shop("render", str(folder), "--scene", "1", "--scene", "2", "--yes").code == 0
    assert cap_events(shop("costs", "--json")) == {"day": 1.5 - 2 * PRICE}
    assert cap_events(shop("costs", "cap", str(folder), "--json")) == {"project": 1.2 - 2 * PRICE}


def test_a_single_clip_beyond_a_cap_is_refused(shop: Run) -> None:
    shop("config", "set", "cloud.daily_cap_usd", "0.25")
    shop("config", "set", "cloud.spending_cap_usd", "0.5")
    dry = shop("-p", "ball", "--dry-run")
    assert dry.code == 3
    assert "would pass the day's cap" in " ".join(dry.err.split())
    answer = shop("-p", "ball")
    assert answer.code == dry.code
    assert "This clip costs $0.56" in answer.err
    assert "the day's cap of $0.25" in answer.err
    assert "the month's cap of $0.50" in " ".join(answer.err.split())
    unknown = shop("-p", "ball", "--model", "fake-unpriced")
    assert "is not known" in unknown.err
    assert "cannot be held" in unknown.err
    assert num_jobs(shop) == 0
    shop("config", "set", "cloud.daily_cap_usd", "")
    shop("config", "set", "cloud.spending_cap_usd", "")
    assert shop("-p", "ball", "--model", "fake-unpriced", "--yes").code == 0


def test_a_project_s_cap_is_kept_with_the_project(run: Run, folder: Path) -> None:
    assert "has no cap" in run("costs", "cap", str(folder)).out
    assert "of $20.00 ($0.00 spent, $20.00 left)" in run("costs", "cap", str(folder), "$20").out
    assert read_project(folder).project.spending_cap_usd == 20
    for text in ("much", "-1", "inf", "nan"):
        answer = run("costs", "cap", str(folder), "--", text)
        assert answer.code == 2
        assert "is no sum of money" in answer.err
    lock = ProjectLock(folder)
    assert lock.acquire()
    assert "File > Costs" in run("costs", "cap", str(folder), "5").err
    lock.release()
    assert "has no cap" in run("costs", "cap", str(folder), "none").out
    assert read_project(folder).project.spending_cap_usd is None


def test_a_resumed_clip_heeds_the_cap_that_its_project_got_meanwhile(
    home: Path, run: Run, folder: Path
) -> None:
    project = read_project(folder).project
    ledger = Ledger(Paths.of_user().spending_file)
    ledger.order("a", PlannedPurchase(2.0, project=ProjectBudget.of(project)))
    assert run("costs", "cap", str(folder), "1").code == 0
    budget = ledger.budget(project.id)
    assert budget is not None
    assert budget.cap_usd == 1


def test_what_ended_while_nobody_listened_is_settled_first(shop: Run) -> None:
    shop("-p", "fail now", "--yes")
    (job,) = shop("jobs", "--json").events
    # As a process leaves it that is killed between the journal and the ledger.
    ledger = Ledger(Paths.of_user().spending_file)
    assert ledger.order_again(job["id"])
    assert ledger.spent_usd() == pytest.approx(PRICE)
    assert shop("costs").out.startswith("Nothing was bought")


def test_nothing_is_bought_before_somebody_agrees(shop: Run, folder: Path) -> None:
    single = shop("-p", "ball")
    assert single.code == 2
    assert "It would buy the clip for $0.56: add --yes to agree." in single.err
    unknown = shop("-p", "ball", "--model", "fake-unpriced")
    assert "for a price that nobody knows" in unknown.err
    scenes = shop("render", str(folder), "--scene", "1", "--scene", "2")
    assert scenes.code == 2
    assert "It would buy 2 clips for $1.12: add --yes to agree." in scenes.err
    assert num_jobs(shop) == 0
    assert shop("-p", "ball", "--dry-run").code == 0


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 130), ("\n", 130)])
def test_on_a_terminal_it_is_asked(home: Path, typed: str, code: int) -> None:
    # A terminal of its own: what is read from it and written to it is what a person sees.
    near, far = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _SHOP, "-p", "ball"],
        stdin=far,
        stderr=far,
        stdout=subprocess.PIPE,
        env=environment(IMAGEAI_HOME=str(home)),
    )
    os.close(far)
    said = b""
    while b"Go on? [y/N]" not in said:
        said += os.read(near, 4096)
    os.write(near, typed.encode())
    assert process.communicate(timeout=60)[0].endswith(b".mp4\n") is (code == 0)
    assert process.returncode == code
    assert "It buys the clip for $0.56." in " ".join(said.decode().split())
    os.close(near)
