"""Makes the pictures of the window for Docs/: goes the journey light and dark, small and large."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it; ours are counted from the root.
    sys.path[0] = str(_ROOT)

from scripts import bootstrap  # noqa: E402 - needs the lines above

_IMAGES = _ROOT / "Docs" / "images" / "window"
_LOOKS = (
    ("light", "1280x800"),
    ("dark", "1280x800"),
    ("light", "1920x1080"),
    ("dark", "1920x1080"),
)
_COLOURS, _KEPT = 256, 96


def main(arguments: list[str]) -> int:
    """Writes the pictures of every look; gives 1 when a journey did not arrive."""
    parser = argparse.ArgumentParser(prog="python3 scripts/screenshots.py", description=__doc__)
    parser.add_argument("--folder", type=Path, default=_IMAGES, help="where they are written")
    options = parser.parse_args(arguments)
    bootstrap.ensure(Path(__file__).resolve(), arguments, _ROOT, [bootstrap.APP, bootstrap.LTX])
    from scripts.journey.screen import screen

    with screen() as places:
        for appearance, size in _LOOKS:
            print(f"The window in {appearance}, {size} ...", flush=True)
            folder = options.folder / f"{appearance}-{size}"
            if not _travel(appearance, size, folder, places):
                print("The journey did not arrive.", file=sys.stderr)
                return 1
    return 0


def _travel(appearance: str, size: str, folder: Path, places: dict[str, str]) -> bool:
    with tempfile.TemporaryDirectory(prefix="imageai-pictures-") as work:
        images = Path(work) / "pictures"
        command = [
            sys.executable, "-m", "scripts.journey", "--home", str(Path(work) / "home"),
            "--images", str(images), "--size", size, "--appearance", appearance,
        ]  # fmt: skip
        env = {**os.environ, **places}
        if subprocess.run(command, cwd=_ROOT, env=env, check=False).returncode:
            return False
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
        for shot in sorted(images.glob("*.png")):
            _shrink(shot, folder / shot.name)
    return True


def _shrink(shot: Path, place: Path) -> None:
    """Write it in few colours, to keep the repository small.

    The window's own colours are the most frequent ones and stay exactly; what clips show shares
    the rest of the palette.
    """
    import numpy as np
    from PIL import Image

    image = Image.open(shot).convert("RGB")
    shape = (image.height, image.width)
    colours, places, counts = np.unique(
        np.asarray(image).reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    order = np.argsort(-counts)
    kept, others = colours[order[:_KEPT]], colours[order[_KEPT:]]
    if len(others):
        sample = Image.fromarray(others[np.newaxis])
        shared = sample.quantize(_COLOURS - _KEPT, Image.Quantize.MAXCOVERAGE).getpalette() or []
        kept = np.concatenate([kept, np.array(shared, np.uint8).reshape(-1, 3)])
    near = [np.argmin(((kept - colour.astype(int)) ** 2).sum(axis=1)) for colour in colours]
    few = Image.fromarray(np.array(near, np.uint8)[places].reshape(shape), mode="P")
    few.putpalette(kept.ravel().tolist())
    few.save(place, optimize=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
