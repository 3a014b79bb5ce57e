"""`webhook-serve`: receives the calls of services, and lets jobs fetch what is ready."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import wrapped
from cli.context import CliContext, JsonOption, context_of
from cli.signals import EXIT_DONE
from core.errors import NotConfigured
from core.jobs.job import Cancelled, Failed, Notice, Started, Succeeded
from core.jobs.lanes import Lane
from core.services.polling_provider import PollingProvider
from core.services.webhooks import WebhookReceiver, webhook_server
from core.video.terms import Target

if TYPE_CHECKING:
    from core.jobs.job import JobUpdate
    from core.services.webhooks import WebhookCheck

_LOOK_S = 0.5
_STOP_WITHIN_S = 1.5

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def webhook_serve(
    ctx: typer.Context,
    host: Annotated[
        str, typer.Option(help="Where to listen; a proxy with https stands before it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8737,
    json: JsonOption = False,
) -> int:
    """Receive the calls of services whose clips are ready, for whoever has a public address."""
    context = context_of(ctx, is_json=json)
    checks = _checks(context)
    queue, studio = context.queue, context.studio
    server = webhook_server(WebhookReceiver(checks, queue, studio.resume), host, port)
    stopped = threading.Event()
    unsubscribe = queue.subscribe(lambda update: _tell(context, update))
    threads = [
        threading.Thread(target=server.serve_forever, name="calls", daemon=True),
        *(
            threading.Thread(target=queue.run, args=(Lane.CLOUD,), daemon=True)
            for _ in range(queue.places[Lane.CLOUD])
        ),
    ]
    try:
        with context.signals.calling(stopped.set):
            for thread in threads:
                thread.start()
            for place in checks:
                address = f"http://{host}:{server.server_address[1]}/{place}"
                context.console.event("listening", place=place, address=address)
                context.console.answer_in_words(f"{place}: {address}")
            context.console.tell(
                wrapped(
                    "Let a public https address lead there, and give that one as --webhook. "
                    "Ctrl-C ends; what is being fetched then goes on by 'main.py jobs resume'."
                )
            )
            while not stopped.wait(_LOOK_S):
                pass
    finally:
        server.shutdown()
        server.server_close()
        unsubscribe()
        queue.close()
        for thread in threads:
            thread.join(_STOP_WITHIN_S)
    return EXIT_DONE


def _checks(context: CliContext) -> dict[str, WebhookCheck]:
    """By the place that is called, what its calls are checked with; who lacks anything is named.

    Raises:
        NotConfigured: no service that makes calls is set up here.
    """
    registry = context.studio.registry
    checks: dict[str, WebhookCheck] = {}
    for info in registry.infos:
        place = f"{info.id}/{info.deployment}"
        provider = registry.open(Target(provider=info.id, deployment=info.deployment))
        if not isinstance(provider, PollingProvider):
            continue
        try:
            check = provider.webhook_check()
        except NotConfigured as error:
            context.console.note(f"Nothing is received for {place}: {error}")
            continue
        if check is not None:
            checks[place] = check
    if not checks:
        raise NotConfigured(
            "No service that makes calls is set up here, so nothing can be received.",
            hint="Set the key of Fal or Replicate by 'main.py keys set'.",
        )
    return checks


def _tell(context: CliContext, update: JobUpdate) -> None:
    job_id, event = update.job_id, update.event
    fields = event.model_dump(mode="json", exclude_none=True, exclude={"event"})
    match event:
        case Started():
            said = f"Job {job_id} fetches its clip."
        case Notice(message=message):
            said = f"Job {job_id}: {message}"
        case Succeeded(path=path):
            said = f"Job {job_id} is done: {path}"
        case Failed(error=error):
            said = f"Job {job_id} failed: {error}"
        case Cancelled():
            said = f"Job {job_id} is cancelled."
        case _:
            return
    context.console.event(event.event, job=job_id, **fields)
    context.console.tell(wrapped(said))
