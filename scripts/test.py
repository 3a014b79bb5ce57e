"""Runs the linters, the type checker and every test; further arguments go to pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
# One process for each core, up to what the memory of a small machine holds: PyTorch in each of
# them, and in the engine that each of them starts.
_SIDE_BY_SIDE = ("-n", "auto", "--maxprocesses", "4")
# Started as a file, Python looks for modules beside it; ours are counted from the root.
sys.path[0] = str(_ROOT)

from scripts import bootstrap, ffmpeg_builds  # noqa: E402 - needs the line above


def main(arguments: list[str]) -> int:
    """Runs every check, also after one has failed, and gives 1 if any did."""
    places = [bootstrap.FAL, bootstrap.GOOGLE, bootstrap.COMFYUI]
    files = [bootstrap.APP, bootstrap.LTX, *places, bootstrap.TESTS]
    bootstrap.ensure(Path(__file__).resolve(), arguments, _ROOT, files)
    from scripts.system_libraries import is_administrator, provide_libraries

    lacking = provide_libraries(may_install=is_administrator())
    if lacking:
        print(lacking, file=sys.stderr)
        return 1
    if "--quick" not in arguments:
        for problem in ffmpeg_builds.fetch(_ROOT):
            print(f"WARNING: {problem}", file=sys.stderr, flush=True)
    checks = {
        "the linter": ["ruff", "check", "."],
        "the formatter": ["ruff", "format", "--check", "."],
        "the type checker": ["pyright", "--pythonpath", sys.executable],
        "the tests": ["pytest", *_SIDE_BY_SIDE, *arguments],
    }
    failed = []
    for name, check in checks.items():
        print("$", *check, flush=True)
        if subprocess.run([sys.executable, "-m", *check], cwd=_ROOT, check=False).returncode:
            failed.append(name)
    if failed:
        print("Failed:", ", ".join(failed) + ".", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
