"""Jobs that wait for other jobs and report what came of them, built for a studio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.comparison.report.comparison_job import KIND as COMPARISON_KIND
from core.comparison.report.comparison_job import ComparisonJob, ComparisonOrder
from core.grid.sheet.sheet_job import KIND as SHEET_KIND
from core.grid.sheet.sheet_job import SheetJob, SheetOrder

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.jobs.job import Job
    from core.studio import Studio


def comparison_job(studio: Studio, order: ComparisonOrder) -> ComparisonJob:
    """The job that waits for the clips of a comparison, and makes its film and page."""
    return ComparisonJob(order, studio.render_cache, studio.text_renderer, studio.queue.job)


def sheet_job(studio: Studio, order: SheetOrder) -> SheetJob:
    """The job that waits for the cells of a grid, and draws its sheet."""
    return SheetJob(order, studio.queue.job)


def report_factories(studio: Studio) -> dict[str, Callable[[str], Job]]:
    """By kind, what builds these jobs from what was stored of them."""
    return {
        COMPARISON_KIND: lambda text: comparison_job(
            studio, ComparisonOrder.model_validate_json(text)
        ),
        SHEET_KIND: lambda text: sheet_job(studio, SheetOrder.model_validate_json(text)),
    }
