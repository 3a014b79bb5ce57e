"""Part "engine", as a whole."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from core.video.request import FrameRequest, RenderRequest, Sampling
from providers.ltx_video.install.model_files import folder_of
from providers.ltx_video.models.catalog import BY_ID
from providers.ltx_video.models.info import INFO
from scripts.benchmark.clips import (
    SEED,
    TARGET,
    fresh_studio,
    planned,
    planned_request,
    prompt,
    scratch,
)
from scripts.benchmark.engine.modes import MODES, write_inputs
from scripts.benchmark.engine.race import bare_process, goals, order_for, race, render, table
from scripts.benchmark.engine.warm_jobs import (
    LATE,
    measure_memory,
    measure_switches,
    warm_engine,
)
from scripts.benchmark.tables import Section

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.studio import Studio
    from providers.ltx_video.engine.protocol import RenderOrder
    from scripts.benchmark.engine.race import Race
    from scripts.benchmark.engine.warm_jobs import LoraSwitches, ManyJobs

_MODEL = BY_ID[TARGET.model]


def measure(repeats: int) -> Section:
    """Run the part."""
    with scratch() as folder, fresh_studio(folder / "home") as studio:
        files = folder_of(_MODEL, studio.paths.models_dir)
        races = _races(studio, files, folder, repeats)

        def order_of(number: int, name: str, request: RenderRequest) -> RenderOrder:
            plan = planned_request(studio, request).plan
            return order_for(plan, _MODEL, files, folder / name / str(number))

        family = INFO.lora_family(_MODEL.spec)
        assert family is not None, "Mini takes LoRAs"
        with warm_engine() as engine:
            _tell("switches of a LoRA")
            switches = measure_switches(
                engine,
                lambda number: order_of(number, "loras", _request(number)),
                family,
                folder,
                repeats,
            )
        smallest = FrameRequest(duration_s=_MODEL.spec.durations.minimum)
        with warm_engine() as engine:
            orders = (order_of(n, "jobs", _request(n, smallest)) for n in range(LATE))
            memory = measure_memory(engine, orders, _tell)
    return section(races, switches, memory)


def _races(studio: Studio, files: Path, folder: Path, repeats: int) -> list[Race]:
    provider = studio.registry.open(TARGET)
    with bare_process() as bare:
        first = order_for(planned(studio, 0).plan, _MODEL, files, folder / "given")
        write_inputs(render(provider, first), folder)
        races: list[Race] = []
        number = 0
        for mode in MODES:
            orders: list[RenderOrder] = []
            for _ in range(repeats + 1):
                number += mode.prompts
                plan = planned_request(studio, mode.request(TARGET, folder, number)).plan
                orders.append(order_for(plan, _MODEL, files, folder / "race" / str(number)))
            races.append(race(mode.name, provider, bare, orders, _tell))
    return races


def _request(number: int, frame: FrameRequest | None = None) -> RenderRequest:
    return RenderRequest(
        target=TARGET,
        prompt=prompt(number),
        frame=frame or FrameRequest(),
        sampling=Sampling(seed=SEED),
    )


def section(races: Sequence[Race], switches: LoraSwitches, memory: ManyJobs) -> Section:
    """The outcome in words."""
    size = _MODEL.spec.sizes[0]
    return Section(
        title="The engine against a bare script",
        table="\n\n".join((table(races), switches.table, memory.table)),
        findings=(
            f"From prompt and files to MP4 file, both warm: {_MODEL.spec.label}, "
            f"{size.width}x{size.height}, the frames of the whole clip, the same seed; another "
            f"prompt each time, {len(races[0].engine.values)} times in turns.",
            '"work" is the ratio of the processors\' seconds in all processes that took part, which'
            " other programs change less.",
            "Frames and audio are compared with those of the engine's stages before they are "
            "encoded, once a mode; files byte for byte with those of the engine, each time.",
            *switches.findings,
            *memory.findings,
        ),
        goals=(*goals(races), *switches.goals, *memory.goals),
    )


def _tell(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)
