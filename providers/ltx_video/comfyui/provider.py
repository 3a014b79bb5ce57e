"""LTX on a ComfyUI server: plans held against what the server has, graphs ordered from it."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from core.errors import (
    NotConfigured,
    ProviderError,
    UnreadableClip,
)
from core.platform.server_address import is_this_machine, server_address
from core.services.polling_provider import PollingProvider
from core.video.provider import ModelChoice, NotReady, Ready, ReasonCode
from core.video.terms import Role
from providers.ltx_video.comfyui.info import ADDRESS_VARIABLE, INFO
from providers.ltx_video.comfyui.models import MODELS, WORKFLOW, find_served

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.jobs.job import JobContext
    from core.services.service_client import RemoteOrder
    from core.video.plan import RenderPlan
    from core.video.provider import ProviderContext, Readiness
    from core.video.rendered import Rendered
    from core.video.request import RenderRequest
    from core.video.spec import ModelSpec
    from core.video.terms import Target
    from providers.ltx_video.comfyui.client import ComfyClient
    from providers.ltx_video.comfyui.server import ComfyServer, ServerFacts

log = logging.getLogger(__name__)

_ASK_AGAIN_S = 30.0
_WITHIN_S = 3.0
_LONGEST_WAIT_S = 15.0
# A clip whose brightest pixel is darker than this shows nothing.
_DARK = 12


class ComfyLTX(PollingProvider):
    """LTX on a server that a person runs."""

    info = INFO
    poll_s = 2.0
    # One that is made and one that waits: whoever else uses the server has their turn in between.
    most_at_once = 2
    starts_within_s: float = 60.0
    """How long a server that does not answer is waited for: it may just be loading its nodes."""

    def __init__(self, context: ProviderContext) -> None:
        super().__init__(context)
        self._servers: dict[str, ComfyServer] = {}
        self._asked_at: dict[str, float] = {}

    @property
    def address(self) -> str:
        """Of the server: as the environment names it, else as the settings do.

        Raises:
            ValueError: what the environment names is no address.
        """
        named = os.environ.get(ADDRESS_VARIABLE, "").strip()
        return server_address(named) if named else self._context.read_settings().comfyui.address

    @property
    @override
    def uses_network(self) -> bool:
        try:
            return not is_this_machine(self.address)
        except ValueError:
            return False

    @override
    def models(self) -> tuple[ModelSpec, ...]:
        return (*(model.spec for model in MODELS), WORKFLOW)

    @override
    def resolve(self, request: RenderRequest) -> ModelChoice:
        """The first model of which the server has the file, and that does what is asked."""
        # Imported late: a list of models looks at no inputs.
        from core.video.inputs import limit_problems

        able = [
            spec.id
            for spec in self.models()
            if request.task in spec.tasks and not limit_problems(request, spec)
        ]
        ready = (
            name for name in able if isinstance(self.check(request.target.with_model(name)), Ready)
        )
        return ModelChoice(next(ready, None) or next(iter(able), MODELS[0].spec.id))

    @override
    def check(self, target: Target) -> Readiness:
        """Whether the server had the model's files when it was asked last."""
        try:
            server = self._server()
        except ValueError as error:
            return NotReady(
                ReasonCode.NO_SERVER,
                f"The variable {ADDRESS_VARIABLE} names no server: {error}.",
                "Set it anew, or unset it to use the setting comfyui.address.",
            )
        facts = server.known()
        if facts is None and server.error is not None:
            return NotReady(ReasonCode.NO_SERVER, server.error.message, server.error.hint)
        if facts is None:
            return NotReady(
                ReasonCode.NO_SERVER,
                f"ComfyUI at {server.address} was not asked yet what it has.",
                "Start it; it is asked when a clip is planned. Another address is set by 'main.py "
                "config set comfyui.address'.",
            )
        if target.model == WORKFLOW.id:
            return Ready()
        # Imported late: a list of models without an answer of a server reads none.
        from providers.ltx_video.comfyui.found_files import missing_file

        served = find_served(target.model)
        for file in (served.checkpoint, served.text_encoder):
            missing = missing_file(file, facts.classes, self._prefers, served.spec.label)
            if missing is not None:
                return NotReady(ReasonCode.NOT_ON_SERVER, missing.reason, missing.fix)
        return Ready()

    @override
    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan with the files that make it, held against what the server said last."""
        # Imported late: a list of models plans nothing.
        from providers.ltx_video.comfyui.planning import fit_plan

        try:
            server = self._server()
        except ValueError:
            # Told by `check`, since nothing of the request is wrong.
            return fit_plan(plan, None, self._prefers)
        facts = server.known()
        is_ready = isinstance(self.check(plan.target), Ready)
        plan = fit_plan(plan, facts if is_ready else None, self._prefers)
        if facts is not None and server.error is not None:
            return plan.with_notes(f"{server.error.message} The plan is by what it had before.")
        return plan

    @override
    def refresh(self) -> None:
        """Ask the server what it has, at most twice a minute."""
        try:
            server = self._server()
        except ValueError:
            return
        if self.uses_network and self._context.network.is_off:
            return
        now = time.monotonic()
        if now - self._asked_at.get(server.address, -_ASK_AGAIN_S) < _ASK_AGAIN_S:
            return
        self._asked_at[server.address] = now
        # An answer that comes late is for the next plan.
        thread = threading.Thread(target=self._ask, args=(server,), daemon=True)
        thread.start()
        thread.join(_WITHIN_S)

    def _ask(self, server: ComfyServer) -> None:
        try:
            server.ask(self._client(server.address, self.info.id).http)
        except ProviderError as error:
            log.info("What ComfyUI has is not known anew: %s", error)

    @override
    def client(self, target: str, key: str) -> ComfyClient:
        return self._client(self.address, target)

    @override
    def client_for(self, plan: RenderPlan, ctx: JobContext) -> ComfyClient:
        # What was ordered before is with the server of that time, whatever the settings say now.
        return self._client(_address_of(ctx.ticket) or self._address(plan), str(plan.target))

    def _client(self, address: str, target: str) -> ComfyClient:
        # Imported late: a list of models asks the server nothing.
        from providers.ltx_video.comfyui.client import ComfyClient

        def graph_of(order: RemoteOrder, prefix: str) -> Mapping[str, Any]:
            from providers.ltx_video.comfyui.clip_graph import ClipOrder
            from providers.ltx_video.comfyui.planning import build_graph

            facts = self._server(address).known()
            assert facts is not None, "it was asked before anything was sent"
            ordered = ClipOrder(order.plan, order.uploads, prefix)
            return build_graph(ordered, facts, self._prefers).nodes

        return ComfyClient(address, target, graph_of, self.poll_s)

    @override
    def prepare(self, plan: RenderPlan, ctx: JobContext) -> RenderPlan:
        """Ask what the server has now, then make the files as it reads them."""
        # Imported late: only what is rendered reads videos.
        from providers.ltx_video.comfyui.inputs import prepared_inputs
        from providers.ltx_video.comfyui.planning import planned_graph

        target, server = str(plan.target), self._server(self._address(plan))
        client = self._client(server.address, target)
        facts = self._asked(server, client, ctx)
        problems = planned_graph(plan, facts, self._prefers).problems
        if problems:
            said = " ".join(problem.message for problem in problems)
            raise NotConfigured(said, target=target, hint="Then resume the job.")
        return prepared_inputs(plan, ctx)

    def _asked(self, server: ComfyServer, client: ComfyClient, ctx: JobContext) -> ServerFacts:
        """What the server has now; waited for where it is just being started."""
        # Imported late, as above.
        from core.jobs.job import Progressed
        from core.jobs.lanes import Stage

        server.forget()
        until, wait_s = time.monotonic() + self.starts_within_s, 1.0
        while True:
            self._await_turn(client, ctx.cancel)
            try:
                return ctx.cancel.run(lambda: server.ask(client.http))
            except ProviderError as error:
                if not error.retryable or time.monotonic() + wait_s > until:
                    raise
            message = f"Waiting for ComfyUI at {server.address} to answer"
            ctx.report(Progressed(stage=Stage.LOAD, message=message))
            ctx.cancel.wait(wait_s)
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    @override
    def render(self, plan: RenderPlan, ctx: JobContext) -> Rendered:
        rendered = super().render(plan, ctx)
        # Imported late, as above.
        from core.jobs.job import Notice
        from providers.ltx_video.comfyui.inputs import is_dark, joined

        try:
            shows_nothing = is_dark(rendered.path, ctx.cancel, darker_than=_DARK)
        except UnreadableClip:
            # Whoever puts it in place tells that, and keeps it.
            return rendered
        if shows_nothing:
            ctx.report(
                Notice(
                    message="The clip that came is black throughout: with ComfyUI this happens "
                    "where the number of steps or the text encoder does not fit the model."
                )
            )
        extended = plan.request.path_of(Role.EXTEND_VIDEO)
        if extended is None:
            return rendered
        return replace(rendered, path=joined(plan, rendered.path, extended, ctx))

    @property
    def _prefers(self) -> str:
        return self._context.read_settings().comfyui.prefers

    def _address(self, plan: RenderPlan) -> str:
        try:
            return self.address
        except ValueError as error:
            raise NotConfigured(
                f"The variable {ADDRESS_VARIABLE} names no server: {error}.",
                target=str(plan.target),
                hint="Set it anew, or unset it to use the setting comfyui.address.",
            ) from error

    def _server(self, address: str | None = None) -> ComfyServer:
        # Imported late: as what asks it is.
        from providers.ltx_video.comfyui.server import ComfyServer

        address = address or self.address
        if address not in self._servers:
            self._servers[address] = ComfyServer(address, self._context.paths.cache_dir)
        return self._servers[address]


def _address_of(ticket: str | None) -> str:
    """The server of a render that was ordered before; empty where it does not say."""
    if ticket is None:
        return ""
    try:
        return str(json.loads(ticket)["remote"]).rpartition("/")[0]
    except (ValueError, KeyError, TypeError):
        return ""
