"""What every test relies on."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
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
LONGEST = ("tests/e2e/test_mini", "tests/providers/test_engine", "tests/test_")
# These share one engine and the tiny models in it.
TINY_MODELS = (
    "tests/providers/test_bench_race",
    "tests/providers/test_engine",
    "tests/providers/test_local",
)


class ByFile(LoadScopeScheduling):
    """Gives a test process whole files, whose tests share what is slow to make."""

    def _split_scope(self, nodeid: str) -> str:
        return "tiny models" if nodeid.startswith(TINY_MODELS) else nodeid.split("::")[0]


# Optional: without pytest-xdist nobody asks.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    return next((i for i, name in enumerate(LONGEST) if item.nodeid.startswith(name)), len(LONGEST))
