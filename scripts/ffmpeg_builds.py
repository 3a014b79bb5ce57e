"""Other FFmpegs for the tests: out of old wheels of imageio-ffmpeg, pinned by their digests."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FOLDER = ".ffmpeg-builds"
# The SHA-256 of each release's wheels: Linux, Windows, macOS on ARM and on Intel.
WHEELS = {
    "0.4.2": (
        "6ec658144ddfa0b25de5f82671729734a54cdf999ddd69a134999fe6a413f3e7",
        "8cd09469ae25d8a7083ee4033a43827aadacabebc47a87432222034d2c97e542",
        "4aaa9cbd1e536143379ae474323d80f4c4a693fff0b023bab440ea5913db00ac",
    ),
    "0.6.0": (
        "c7e46fcec401dd990405049d2e2f475e2b397779df2519b544b8aab515195282",
        "02fa47c83703c37df6bfe4896aab339013f62bf02c5ebf2dce6da56af04ffc0a",
        "b1ae3173414b5fc5f538a726c4e48ea97edc0d2cdc11f103afee655c463fa742",
        "9d2baaf867088508d4a3458e61eeb30e945c4ad8016025545f66c4b5aaef0a61",
    ),
}
"""Releases of imageio-ffmpeg: the first holds FFmpeg 4.2.2, the second 7.0.2 (on Linux)."""


def program_of(root: Path, release: str) -> Path | None:
    """The FFmpeg of a release, if it has been fetched."""
    return next((root / FOLDER / release).glob("ffmpeg*"), None)


def fetch(root: Path) -> list[str]:
    """Fetch what is not there yet; a sentence for each release that cannot be had."""
    problems: list[str] = []
    for release, digests in WHEELS.items():
        if program_of(root, release) is None and (problem := _fetch(root, release, digests)):
            problems.append(
                f"The FFmpeg of imageio-ffmpeg {release} cannot be fetched, so nothing is tried "
                f"with it: {problem}"
            )
    return problems


def _fetch(root: Path, release: str, digests: tuple[str, ...]) -> str:
    with tempfile.TemporaryDirectory(prefix="imageai-") as text:
        folder = Path(text)
        hashes = " ".join(f"--hash=sha256:{digest}" for digest in digests)
        wanted = folder / "wanted.txt"
        wanted.write_text(f"imageio-ffmpeg=={release} {hashes}\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary", ":all:", "--require-hashes", "-r", str(wanted), "-d", text]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        wheel = next(folder.glob("*.whl"), None)
        if ended.returncode or wheel is None:
            return (ended.stderr.strip() or "pip gives no reason").splitlines()[-1]
        with zipfile.ZipFile(wheel) as files:
            name = next(name for name in files.namelist() if "/binaries/ffmpeg" in name)
            place = root / FOLDER / release / Path(name).name
            place.parent.mkdir(parents=True, exist_ok=True)
            aside = place.with_name(f".{place.name}")
            aside.write_bytes(files.read(name))
    aside.chmod(0o755)
    aside.replace(place)
    return ""
