"""`compare`: one prompt on LTX Mini and two services, bought once, as clips, film and page."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from cli import main
from core.comparison.report.comparison import TargetState, read_comparison
from core.jobs.job_record import JobState
from core.media.ffmpeg import probe_clip
from core.platform.paths import Paths
from core.studio import Studio
from core.video.record import read_settings_of
from gui.text.text_renderer import QtTextRenderer
from providers import PROVIDERS
from tests.cli.conftest import Answer
from tests.fakes.services import lightricks_server as lightricks
from tests.fakes.services import replicate_server as replicate
from tests.fakes.services.several_services import together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.fakes.services.lightricks_server import LightricksServer
    from tests.fakes.services.replicate_server import ReplicateServer

LOCAL = next(entry for entry in PROVIDERS if entry.info.is_local)
ENTRIES = [LOCAL, replicate.replicate_entry(), lightricks.lightricks_entry()]
MINI = "ltx-video/local/ltx-mini"
FAST = "ltx-video/replicate/ltx-2.3-fast"
PRO = "ltx-video/lightricks/ltx-2.3-pro"
PROMPT = "a red ball <moving> right at sunset"


class Services:
    """Both services on loopback, with small clips, and the program that orders from them."""

    def __init__(self, rented: ReplicateServer, makers: LightricksServer, home: Path) -> None:
        self.rented = rented
        self.makers = makers
        self._home = home
        for habits in (rented.habits, makers.habits):
            habits.polls_until_done, habits.size = 0, (320, 180)

    @property
    def purchases(self) -> tuple[int, int]:
        """How many orders each has accepted."""
        return self.rented.purchases, self.makers.purchases

    def studio(self) -> Studio:
        """The books of the program, to be looked into and closed."""
        return Studio(ENTRIES, paths=Paths.below(self._home))


@pytest.fixture
def services(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    (home / "settings.json").unlink()
    with ExitStack() as stack:
        rented = stack.enter_context(replicate.replicate_server(tmp_path / "replicate"))
        makers = stack.enter_context(lightricks.lightricks_server(tmp_path / "lightricks"))
        both = {
            (replicate.API, replicate.RESULTS): rented,
            (lightricks.API, lightricks.STORE): makers,
        }
        for name, value in stack.enter_context(together(tmp_path / "both", both)).items():
            monkeypatch.setenv(name, value)
        yield Services(rented, makers, home)


@pytest.fixture
def compare(
    run: Callable[..., Answer], services: Services, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """Runs `compare` with the shipped providers; `run` tidies up after it."""

    def compare(*words: str) -> Answer:
        capsys.readouterr()
        asked = ["compare", "-p", PROMPT, "--json", *words]
        code = main(asked, ENTRIES, open_text_renderer=QtTextRenderer)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return compare


def out_of(answer: Answer) -> Path:
    """Where the page is."""
    from pathlib import Path

    return Path(next(e["path"] for e in reversed(answer.events) if e["event"] == "succeeded"))


def failure(answer: Answer) -> str:
    """All that is wrong, in one text."""
    return " ".join(str(event) for event in answer.events if event["event"] == "failed")


def test_three_targets_become_clips_a_film_a_page_and_a_file_and_are_bought_once(
    compare: Callable[..., Answer], services: Services, tmp_path: Path
) -> None:
    out = tmp_path / "compared"
    words = ("-t", f"{MINI},{FAST}", "-t", PRO, "--duration", "5", "--out", str(out), "--yes")
    answer = compare(*words)
    assert answer.code == 0, answer.err + answer.out
    page = out_of(answer)
    assert page == out / "index.html"
    assert services.purchases == (1, 1)

    found = read_comparison(out)
    assert found is not None
    assert [str(entry.target) for entry in found.made] == [MINI, FAST, PRO]
    for entry in found.made:
        record = read_settings_of(out / entry.file)
        assert record is not None
        assert record.job_id == entry.job_id
        assert entry.seconds is not None
        assert entry.measures is not None
        assert (out / entry.file).with_suffix(".json").is_file()
    mini, fast, pro = found.made
    assert mini.cost_usd == 0
    assert fast.cost_usd == pytest.approx(0.36)
    assert pro.cost_usd == pytest.approx(0.40)
    assert any("6 s in place of 5 s" in note for note in fast.notes)
    assert found.request.prompt == PROMPT
    seeded = read_settings_of(out / mini.file)
    assert seeded is not None
    assert seeded.seed == found.seed

    film = probe_clip(out / "comparison.mp4")
    assert film.num_frames == pytest.approx(6 * 25, abs=1)
    assert film.fps == 25
    assert film.has_audio
    assert found.audio_of == MINI
    assert film.width > 2 * film.height / 3

    text = page.read_text(encoding="utf-8")
    assert "http:" not in text
    assert "https:" not in text
    assert "a red ball &lt;moving&gt; right" in text
    for words_of_it in (mini.file, fast.file, pro.file, "$0.36", "$0.40", "free", "comparison.mp4",
                        "in place of 5 s", "Sharpness", "LUFS", "320×180", "25 fps"):  # fmt: skip
        assert words_of_it in text
    assert "<moving>" not in text

    studio = services.studio()
    assert studio.ledger.spent_usd() == pytest.approx(0.76)
    made = {str(out / entry.file) for entry in found.made}
    assert made <= {str(entry.path) for entry in studio.history.find()}
    studio.close()

    again = compare(*words)
    assert again.code == 0, again.err
    assert services.purchases == (1, 1)
    states = [event["state"] for event in again.events if event["event"] == "target"]
    assert states == [TargetState.MADE.value] * 3
    repeated = read_comparison(out)
    assert repeated is not None
    assert repeated.seed == found.seed
    assert [e.measures for e in repeated.entries] == [e.measures for e in found.entries]
    assert [e.seconds for e in repeated.entries] == [e.seconds for e in found.entries]


def test_without_yes_the_price_is_told_and_nothing_is_bought_or_written(
    compare: Callable[..., Answer], services: Services, tmp_path: Path
) -> None:
    out = tmp_path / "compared"
    answer = compare("-t", f"{FAST},{PRO}", "--duration", "6", "--out", str(out))
    assert answer.code == 2
    assert "2 clips for $0.84" in failure(answer)
    assert "--yes" in failure(answer)
    assert services.purchases == (0, 0)
    assert not out.exists()


def test_everything_that_is_wrong_with_all_targets_is_told_at_once(
    compare: Callable[..., Answer], services: Services, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    answer = compare(
        "-t", f"ltx-mini,ltx-video/local/ltx-mni,{FAST},{PRO}", "--yes", "--fps", "many",
        "--image", str(tmp_path / "a.png"), "--audio-of", "somebody",
        "--out", str(tmp_path / "x" / "y"),
    )  # fmt: skip
    assert answer.code == 2
    said = failure(answer)
    for text in ("Did you mean ltx-video/local/ltx-mini", "'ltx-mni'", "--fps", "a.png",
                 "--audio-of", "does not exist"):  # fmt: skip
        assert text in said
    assert services.purchases == (0, 0)


def test_a_target_that_fails_stands_on_the_page_and_alone_is_made_when_asked_again(
    compare: Callable[..., Answer], services: Services, tmp_path: Path
) -> None:
    services.rented.habits.fails = True
    out = tmp_path / "compared"
    words = ("-t", f"{FAST},{PRO}", "--out", str(out), "--yes", "--audio-of", "none")
    answer = compare(*words)
    assert answer.code == 1, answer.err
    found = read_comparison(out)
    assert found is not None
    fast, pro = found.entries
    assert (fast.state, pro.state) == (TargetState.FAILED, TargetState.MADE)
    assert "it did not work" in fast.reason
    text = out_of(answer).read_text(encoding="utf-8")
    assert "it did not work" in text
    assert replicate.KEY not in text
    assert not probe_clip(out / "comparison.mp4").has_audio

    services.rented.habits.fails = False
    assert compare(*words).code == 0
    assert services.purchases == (2, 1)
    found = read_comparison(out)
    assert found is not None
    assert len(found.made) == 2


def test_what_was_bought_and_could_not_be_fetched_is_fetched_and_not_bought_again(
    compare: Callable[..., Answer], services: Services, tmp_path: Path
) -> None:
    services.makers.habits.is_gone = True
    out = tmp_path / "compared"
    words = ("-t", f"{FAST},{PRO}", "--out", str(out), "--yes")
    assert compare(*words).code == 1
    services.makers.habits.is_gone = False
    dry = compare("-t", f"{FAST},{PRO}", "--out", str(out), "--dry-run")
    (total,) = [e["cost_usd"] for e in dry.events if e["event"] == "comparison"]
    assert total == 0
    answer = compare("-t", f"{FAST},{PRO}", "--out", str(out))
    assert answer.code == 0, answer.err + answer.out
    assert services.purchases == (1, 1)
    studio = services.studio()
    assert {job.state for job in studio.queue.jobs()} == {JobState.SUCCEEDED}
    studio.close()


def test_a_target_that_is_not_set_up_is_refused_or_left_out_with_its_reason(
    compare: Callable[..., Answer],
    services: Services,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("REPLICATE_API_TOKEN")
    out = tmp_path / "compared"
    words = ("-t", f"{FAST},{PRO}", "--out", str(out), "--yes")
    refused = compare(*words)
    assert refused.code == 3
    assert FAST in failure(refused)
    assert services.purchases == (0, 0)
    answer = compare(*words, "--skip")
    assert answer.code == 0, answer.err
    assert services.purchases == (0, 1)
    found = read_comparison(out)
    assert found is not None
    assert found.entries[0].state is TargetState.REFUSED
    assert found.entries[0].reason in out_of(answer).read_text(encoding="utf-8").replace(
        "&#x27;", "'"
    )


def test_another_comparison_is_not_mixed_into_a_folder_that_has_one(
    compare: Callable[..., Answer], services: Services, tmp_path: Path
) -> None:
    out = tmp_path / "compared"
    assert compare("-t", f"{FAST},{PRO}", "--out", str(out), "--yes").code == 0
    other = compare("-t", f"{FAST},{PRO}", "--out", str(out), "--yes", "--negative-prompt", "x")
    assert other.code == 2
    assert "another comparison" in failure(other)
    seeded = compare("-t", f"{FAST},{PRO}", "--out", str(out), "--yes", "--seed", "1")
    assert seeded.code == 2
    assert services.purchases == (1, 1)
    forced = compare("-t", f"{FAST},{PRO}", "--out", str(out), "--yes", "--force")
    assert forced.code == 0
    assert services.purchases == (2, 2)


def test_a_total_that_passes_the_cap_of_the_month_buys_nothing_at_all(
    compare: Callable[..., Answer], services: Services, tmp_path: Path, home: Path
) -> None:
    settings: dict[str, Any] = {"cloud": {"spending_cap_usd": 0.5}}
    (home / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    words = ("-t", f"{FAST},{PRO}", "--out", str(tmp_path / "compared"), "--yes")
    answer = compare(*words)
    assert (answer.code, compare(*words, "--dry-run").code) == (3, 3)
    assert "spending cap of $0.50" in failure(answer)
    assert services.purchases == (0, 0)
    assert not (tmp_path / "compared").exists()


def test_one_target_or_the_same_twice_is_no_comparison(
    compare: Callable[..., Answer], services: Services
) -> None:
    assert "two targets" in failure(compare("-t", PRO))
    twice = failure(compare("-t", f"{PRO},{PRO}"))
    assert "named twice" in twice
    assert services.purchases == (0, 0)
