"""Writes the parts of Docs/ that follow from the program's own tables and modules."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

_ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it; ours are counted from the root.
    sys.path[0] = str(_ROOT)

from scripts import bootstrap  # noqa: E402 - needs the lines above

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_GUIDE = "Docs/LTX-Video-Provider-Guide.md"
_SETUP = "Docs/LTX-Video-Local-Setup.md"
_FILMS = "Docs/Film-Export-Guide.md"
_GOOGLE = "Docs/Google-Video-Guide.md"
_IMAGES = "Docs/Image-Guide.md"
_COMPARED = "Docs/Video-Provider-Comparison.md"
_CODE_MAP = "Docs/CodeMap.md"


def parts(root: Path) -> Mapping[str, Mapping[str, Callable[[], str]]]:
    """What is written: by document and marker, the text's maker."""
    from providers.fal.images.models import MODELS as FAL_IMAGES
    from providers.google.images.models import MODELS as GOOGLE_IMAGES
    from providers.google.omni.models import MODELS as OMNI
    from providers.google.veo.models import MODELS as VEO
    from providers.ltx_video.comfyui.models import MODELS as COMFYUI
    from providers.ltx_video.comfyui.models import WORKFLOW
    from providers.ltx_video.comfyui.workflow import NAMED
    from providers.ltx_video.fal.models import MODELS as FAL
    from providers.ltx_video.lightricks.models import MODELS as LIGHTRICKS
    from providers.ltx_video.replicate.models import MODELS as REPLICATE
    from providers.openai.models import MODELS as OPENAI
    from providers.stability.models import MODELS as STABILITY
    from scripts.docs import (
        clip_kinds,
        code_map,
        film_tables,
        hosted_tables,
        local_image_tables,
        ltx_tables,
        place_tables,
    )

    return {
        _GUIDE: {
            "commands": ltx_tables.commands,
            "controls": ltx_tables.controls,
            "models": ltx_tables.models,
            "sizes": ltx_tables.sizes,
            "camera": ltx_tables.camera,
            "profiles": ltx_tables.profiles,
            "mini": ltx_tables.mini_words,
            "settings": ltx_tables.settings,
            "fal-models": lambda: hosted_tables.models(FAL),
            "fal-prices": lambda: hosted_tables.prices(FAL),
            "replicate-models": lambda: hosted_tables.models(REPLICATE),
            "replicate-prices": lambda: hosted_tables.prices(REPLICATE),
            "lightricks-models": lambda: hosted_tables.models(LIGHTRICKS),
            "lightricks-prices": lambda: hosted_tables.prices(LIGHTRICKS),
            "comfyui-files": lambda: hosted_tables.server_files(COMFYUI),
            "comfyui-models": lambda: hosted_tables.served_models(COMFYUI, WORKFLOW),
            "comfyui-titles": lambda: hosted_tables.titles(NAMED),
        },
        _GOOGLE: {
            "omni-models": lambda: hosted_tables.models(OMNI, hosted_tables.GOOGLE),
            "omni-prices": lambda: hosted_tables.google_prices(OMNI),
            "veo-models": lambda: hosted_tables.models(VEO, hosted_tables.GOOGLE),
            "veo-prices": lambda: hosted_tables.google_prices(VEO),
            "google-options": lambda: hosted_tables.google_options(VEO, OMNI),
        },
        _IMAGES: {
            "openai-models": lambda: hosted_tables.image_models(OPENAI),
            "google-image-models": lambda: hosted_tables.image_models(
                model.spec for model in GOOGLE_IMAGES
            ),
            "stability-models": lambda: hosted_tables.image_routes(STABILITY),
            "image-tools": hosted_tables.image_tools,
            "fal-image-models": lambda: hosted_tables.image_models(
                model.spec for model in FAL_IMAGES
            ),
            "local-image-models": local_image_tables.models,
            "local-image-families": local_image_tables.families,
            "image-options": hosted_tables.image_options,
        },
        _SETUP: {"memory": ltx_tables.memory},
        _FILMS: {
            "presets": film_tables.presets,
            "containers": film_tables.containers,
            "refusals": film_tables.refusals,
            "transitions": film_tables.transitions,
            "clip-kinds": clip_kinds.clip_kinds,
        },
        _COMPARED: {
            "places": place_tables.places,
            "abilities": place_tables.abilities,
            "set-up": lambda: place_tables.set_up(root),
            "leaves": lambda: place_tables.leaves(root),
            "compared-models": place_tables.models,
            "costs": place_tables.costs,
            "measures": place_tables.measures,
        },
        _CODE_MAP: {room: _map_of(code_map.room, root, room) for room in code_map.ROOMS},
    }


def _map_of(make: Callable[[Path, str], str], root: Path, room: str) -> Callable[[], str]:
    return lambda: make(root, room)


def written(root: Path) -> dict[str, str]:
    """Every document as it should read, by its path."""
    from scripts.markdown import put_between

    documents: dict[str, str] = {}
    for name, makers in parts(root).items():
        text = (root / name).read_text(encoding="utf-8")
        for key, make in makers.items():
            text = put_between(text, key, make())
        documents[name] = text
    return documents


def outdated(root: Path) -> list[str]:
    """The documents that do not read as they should."""
    return [
        name
        for name, text in written(root).items()
        if (root / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str]) -> int:
    """Writes the documents, or with --check gives 1 when one is out of date."""
    parser = argparse.ArgumentParser(prog="python3 scripts/make_docs.py", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    options = parser.parse_args(arguments)
    bootstrap.ensure(Path(__file__).resolve(), arguments, _ROOT, [bootstrap.APP])
    old = outdated(_ROOT)
    if options.check:
        for name in old:
            print(f"{name} is out of date: python3 scripts/make_docs.py", file=sys.stderr)
        return 1 if old else 0
    for name, text in written(_ROOT).items():
        if name in old:
            (_ROOT / name).write_text(text, encoding="utf-8")
            print(f"{name} is written anew.")
    if not old:
        print("Every document is up to date.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
