"""Runs the window's measuring process and reads what it tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_WITHIN_S = 300.0
HOW = "Without a screen (Qt's offscreen platform), in an environment that is ready."


def run(what: str, home: Path, *words: str) -> dict[str, float]:
    """What one window tells of itself.

    Raises:
        RuntimeError: it failed.
    """
    env = os.environ | {
        "IMAGEAI_HOME": str(home),
        "IMAGEAI_NO_BOOTSTRAP": "1",
        "QT_QPA_PLATFORM": "offscreen",
    }
    begun = str(time.time())
    command = [sys.executable, "-m", "scripts.benchmark.window_process", what, begun, *words]
    try:
        ended = subprocess.run(
            command,
            cwd=_ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=_WITHIN_S,
        )
    except subprocess.TimeoutExpired as late:
        raise RuntimeError(f"the window told nothing within {_WITHIN_S:g} s") from late
    if ended.returncode:
        raise RuntimeError(f"the window ended with code {ended.returncode}: {ended.stderr}")
    return json.loads(ended.stdout.splitlines()[-1])
