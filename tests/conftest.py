"""What every test relies on."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

from providers import PROVIDERS
from providers.language import LANGUAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from contextlib import AbstractContextManager

    from xdist.remote import Producer

# A shell lets what it starts in the background ignore Ctrl-C, and every process below inherits
# that. Tests that interrupt a program would then wait for ever: heed it here, and they heed it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Test processes that run side by side share the processors, and so do the engines they start: with
# more threads than processors, or threads that spin while they wait, each slows the others tenfold.
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if WORKERS > 1:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // WORKERS)))

# What takes longest begins first, so that no process is left with it alone at the end.
LONGEST = ("tests/e2e/test_mini", "tests/providers/engine/", "tests/test_")

# No test asks a service that takes money, whoever's keys are set here.
for _entry in PROVIDERS:
    for _key in () if _entry.info.is_local else _entry.info.keys:
        for _variable in _key.variables:
            os.environ.pop(_variable, None)
for _words in LANGUAGE:
    for _variable in () if _words.info.key is None else _words.info.key.variables:
        os.environ.pop(_variable, None)


@pytest.fixture(autouse=True)
def _collected_by_this_thread() -> Iterator[None]:
    """Once a test of the window was here, threads of Qt live on, and none of them may collect."""
    yield
    of_window = sys.modules.get("gui.garbage")
    if of_window is not None and not gc.isenabled():
        of_window.collect_due()


# What starts programs, engines and environments, or makes and reads many clips: the gate runs it,
# and whoever waits for an answer may leave it out with `--quick`. LTX Mini's clips stay.
SLOWEST = (
    "tests/cli/test_compare.py",
    "tests/cli/test_film_options.py",
    "tests/cli/test_stopping.py",
    "tests/comparison/test_comparison_run.py",
    "tests/comparison/test_measures.py",
    "tests/core/jobs/test_queue_processes.py",
    "tests/core/media/test_interpolation.py",
    "tests/core/services/test_fault_sequences.py",
    "tests/e2e/test_bare_surroundings.py",
    "tests/e2e/test_cli_bad_input.py",
    "tests/e2e/test_film_cli.py",
    "tests/e2e/test_journey.py",
    "tests/e2e/test_mini_modes.py",
    "tests/e2e/test_mini_parts.py",
    "tests/e2e/test_mini_stopping.py",
    "tests/e2e/test_mini_training.py",
    "tests/e2e/test_window_kills.py",
    "tests/film/build/test_cache_faults.py",
    "tests/film/build/test_every_file_kind.py",
    "tests/film/build/test_export_cache.py",
    "tests/film/build/test_other_ffmpegs.py",
    "tests/film/build/test_pieces_like_one_pass.py",
    "tests/film/build/test_preview.py",
    "tests/film/build/test_side_by_side.py",
    "tests/film/build/test_stream_copy.py",
    "tests/film/build/test_unfinished_exports.py",
    "tests/film/build/test_what_a_film_says.py",
    "tests/film/handoff/test_start_timecodes.py",
    "tests/film/picture/test_full_depth.py",
    "tests/film/picture/test_interlaced_clips.py",
    "tests/film/picture/test_laid_over.py",
    "tests/film/picture/test_luts.py",
    "tests/film/picture/test_source_colours.py",
    "tests/film/picture/test_times_of_frames.py",
    "tests/film/picture/test_turned_clips.py",
    "tests/film/sound/test_sound_mixing.py",
    "tests/film/sound/test_sound_of_clips.py",
    "tests/film/sound/test_sound_of_music.py",
    "tests/film/test_files_as_they_are.py",
    "tests/film/test_kinds_of_clips.py",
    "tests/film/test_random_timelines.py",
    "tests/film/test_subtitles.py",
    "tests/fixtures/061fbd4/test_files_of_061fbd4.py",
    "tests/fixtures/061fbd4/test_jobs_of_061fbd4.py",
    "tests/gui/comparison/test_comparison_dialog.py",
    "tests/gui/export/test_export_controls.py",
    "tests/gui/export/test_export_settings.py",
    "tests/gui/history/test_history_tab.py",
    "tests/gui/images/test_image_page.py",
    "tests/gui/models/test_models_controller.py",
    "tests/gui/models/test_models_page.py",
    "tests/gui/player/test_clip_player.py",
    "tests/gui/player/test_film_preview.py",
    "tests/gui/project/test_project_opening.py",
    "tests/gui/render/test_closing_while_it_is_made.py",
    "tests/gui/render/test_every_target_by_mouse.py",
    "tests/gui/render/test_render_form.py",
    "tests/gui/render/test_renting.py",
    "tests/gui/render/test_scene_rendering.py",
    "tests/gui/scenes/test_enhancing_prompts.py",
    "tests/gui/storyboard/test_storyboard_preview.py",
    "tests/gui/storyboard/test_storyboard_text.py",
    "tests/gui/storyboard/test_storyboard_widget.py",
    "tests/gui/test_controllers.py",
    "tests/gui/test_every_control.py",
    "tests/gui/test_main_window.py",
    "tests/gui/test_menus.py",
    "tests/gui/test_nothing_cut_off.py",
    "tests/gui/test_theme.py",
    "tests/gui/test_window_sizes.py",
    "tests/gui/text/test_text_renderer.py",
    "tests/gui/video/test_dropped_files.py",
    "tests/project/test_long_storyboards.py",
    "tests/providers/engine/test_engine_clips.py",
    "tests/providers/engine/test_engine_layouts.py",
    "tests/providers/engine/test_engine_life.py",
    "tests/providers/engine/test_engine_loras.py",
    "tests/providers/engine/test_engine_preview.py",
    "tests/providers/engine/test_enhancing.py",
    "tests/providers/engine/test_extending.py",
    "tests/providers/engine/test_gguf.py",
    "tests/providers/engine/test_kept_latents.py",
    "tests/providers/engine/test_modes.py",
    "tests/providers/engine/test_own_checkpoints.py",
    "tests/providers/engine/test_prompt_cache.py",
    "tests/providers/engine/test_reference_video.py",
    "tests/providers/engine/test_retaking.py",
    "tests/providers/fal/test_fal.py",
    "tests/providers/fal/test_fal_contract.py",
    "tests/providers/fal/test_fal_endpoints.py",
    "tests/providers/install/test_weights.py",
    "tests/providers/lightricks/test_lightricks.py",
    "tests/providers/lightricks/test_lightricks_contract.py",
    "tests/providers/models/test_lora_families.py",
    "tests/providers/replicate/test_replicate.py",
    "tests/providers/replicate/test_replicate_contract.py",
    "tests/providers/test_bench_race.py",
    "tests/providers/test_client.py",
    "tests/providers/test_local_contract.py",
    "tests/providers/training/test_plain_diffusers.py",
    "tests/providers/training/test_training.py",
    "tests/test_bench.py",
    "tests/test_bootstrap.py",
    "tests/test_faults.py",
    "tests/test_ltx_mini_analyser.py",
    "tests/test_ltx_mini_exam.py",
    "tests/test_ltx_mini_training.py",
    "tests/test_setup_script.py",
)
# These share one engine and the tiny models in it.
TINY_MODELS = (
    "tests/providers/test_bench_race",
    "tests/providers/engine/",
    "tests/providers/test_local.py",
    "tests/providers/training",
)


# These parse every module.
OF_THE_TREE = ("tests/test_architecture", "tests/test_names")


class ByFile(LoadScopeScheduling):
    """Gives a test process whole files, whose tests share what is slow to make."""

    def _split_scope(self, nodeid: str) -> str:
        shared = {"tiny models": TINY_MODELS, "the tree": OF_THE_TREE}
        scope = (name for name, files in shared.items() if nodeid.startswith(files))
        return next(scope, nodeid.split("::")[0])


# Optional: without pytest-xdist nobody asks.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="leave out the slowest files")
    parser.addoption("--nightly", action="store_true", help="try far more sequences of faults")


def pytest_report_header(config: pytest.Config) -> list[str]:
    if not config.getoption("quick"):
        return []
    return [f"--quick leaves out {len(SLOWEST)} files:", *(f"  {name}" for name in SLOWEST)]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=_place)
    if config.getoption("quick"):
        left_out = [item for item in items if item.nodeid.startswith(SLOWEST)]
        items[:] = [item for item in items if not item.nodeid.startswith(SLOWEST)]
        config.hook.pytest_deselected(items=left_out)


def _place(item: pytest.Item) -> int:
    return next((i for i, name in enumerate(LONGEST) if item.nodeid.startswith(name)), len(LONGEST))


@pytest.fixture
def full_disk() -> Callable[[int], AbstractContextManager[None]]:
    """A limit on the size of this process's files, which stands in for the end of the disk."""
    import resource

    @contextmanager
    def limited(size_bytes: int) -> Generator[None]:
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, before)

    return limited
