"""What a provider needs is installed by the first render that needs it, and by nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli import main
from core.video.packages import NoInstaller, Packages
from tests.cli.conftest import Answer
from tests.fakes.app import ENTRY
from tests.fakes.packages import LARGE, Installer, needing_packages

if TYPE_CHECKING:
    from collections.abc import Callable

NEEDY = needing_packages(ENTRY)


@pytest.fixture
def installer() -> Installer:
    return Installer()


@pytest.fixture
def run(
    home: Path, capsys: pytest.CaptureFixture[str], installer: Installer
) -> Callable[..., Answer]:
    """Runs one command line of a provider that needs packages, in this process."""

    def run(*words: str, by_hand: bool = False) -> Answer:
        capsys.readouterr()
        code = main(words, [NEEDY], package_installer=None if by_hand else installer)
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return run


def test_dry_run_says_what_would_be_installed_and_installs_nothing(run, installer) -> None:
    answer = run("-p", "a ball", "--dry-run")
    assert answer.code == 0
    assert "installs first: large_one, large_two (about 9 GB)" in answer.err
    (event,) = run("-p", "a ball", "--dry-run", "--json").events
    assert (event["can_run"], event["installs"]) == (True, ["large_one", "large_two"])
    assert installer.installed == []


def test_first_render_installs_and_the_next_says_nothing_of_it(run, installer) -> None:
    first = run("-p", "a ball")
    assert first.code == 0, first.err
    assert "download: getting large_one" in first.err
    assert Path(first.out.strip()).is_file()
    assert installer.installed == [LARGE]
    assert "large_one" not in run("-p", "a ball").err
    assert installer.installed == [LARGE]


@pytest.mark.parametrize("words", [("--fps", "999"), ("--model", "fake-big")])
def test_nothing_is_installed_for_a_render_that_cannot_be(run, installer, words) -> None:
    assert run("-p", "a ball", *words).code in (2, 3)
    assert installer.installed == []


@pytest.mark.parametrize("words", [("models",), ("doctor",), ("jobs",), ("config",), ("--help",)])
def test_nothing_is_installed_for_a_look(run, installer, words) -> None:
    assert run(*words).code == 0
    assert installer.installed == []


def test_failed_installation_is_exit_3_and_resuming_the_job_tries_again(run, installer) -> None:
    installer.is_offline = True
    failed = run("-p", "a ball", "-o", "ball.mp4")
    assert failed.code == 3
    assert "The package index cannot be reached. Start again." in failed.err
    installer.is_offline = False
    resumed = run("jobs", "resume", run("jobs", "list", "--json").events[0]["id"])
    assert resumed.code == 0, resumed.err
    assert Path("ball.mp4").is_file()
    assert installer.installed == [LARGE]


def test_where_nobody_installs_the_sentence_says_what_to_do_by_hand(run, home: Path) -> None:
    answer = run("-p", "a ball", by_hand=True)
    said = " ".join(answer.err.split())
    assert answer.code == 3
    assert "needs Python packages that are missing: large_one, large_two (about 9 GB)." in said
    assert "-m pip install -r" in said
    assert "requirements-large.txt'" in said
    assert not (home / "state" / "jobs.sqlite").exists()
    (event,) = run("-p", "a ball", "--dry-run", "--json", by_hand=True).events
    assert (event["can_run"], event["lack"]) == (False, "package missing")


@pytest.mark.parametrize(
    ("name", "is_there"),
    [("psutil", True), ("imageio-ffmpeg", True), ("Pillow", True), ("not-to-be-had", False)],
)
def test_packages_of_ones_own_environment_are_found_by_pips_names(name, is_there) -> None:
    assert NoInstaller().has(Packages("requirements-x.txt", (name,), "nothing")) is is_there


def test_every_chief_package_of_a_provider_is_in_its_requirement_file() -> None:
    from providers import PROVIDERS
    from scripts.requirement_files import read_requirements

    root = Path(__file__).resolve().parents[2]
    for packages in filter(None, (entry.info.packages for entry in PROVIDERS)):
        text = (root / packages.file).read_text(encoding="utf-8")
        assert set(packages.names) <= {line.name for line in read_requirements(text)}
