"""What an engine imports, and in which versions it is here."""

from __future__ import annotations

from core.video.packages import Packages

# Of PyTorch 2.13 for Linux with what it and diffusers need, as of 2026-11: the wheels' own sizes.
PACKAGES = Packages(
    file="requirements-ltx.txt",
    names=("torch", "diffusers", "transformers", "accelerate", "safetensors", "gguf"),
    download="a download of about 0.3 GB, with an NVIDIA GPU about 3 GB",
)
"""What the engine imports; the program itself runs without."""


def installed_versions() -> dict[str, str]:
    """The versions of Python and of the packages that a clip is made with."""
    # Imported late: they are slow to load, and only a finished clip asks for them.
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in PACKAGES.names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
