"""The commands by name; each is loaded only when it is named."""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    import typer


class Command(NamedTuple):
    """Where a command is, as module and variable, and what it does in a few words."""

    place: str
    summary: str

    def load(self) -> typer.Typer:
        """Import it."""
        module, _, variable = self.place.partition(":")
        return getattr(import_module(module), variable)


COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "models": Command(
            "cli.commands.models:app", "What models there are; add, check and remove them."
        ),
        "loras": Command("cli.commands.loras:app", "Your own LoRAs, and which models they fit."),
        "image": Command(
            "cli.commands.image:image", "Make images from words, and edit images, within a mask."
        ),
        "inspect": Command(
            "cli.commands.inspect:app", "Show how images of many programs were made."
        ),
        "copy-image": Command(
            "cli.commands.copy_image:app", "Copy an image as PNG, JPEG or WebP, with its settings."
        ),
        "enhance": Command(
            "cli.commands.enhance:enhance", "Have prompts rewritten before clips are made of them."
        ),
        "storyboard": Command(
            "cli.commands.storyboard:storyboard", "Make scenes of lyrics, a script or any text."
        ),
        "continuity": Command(
            "cli.commands.enhance:continuity", "Propose one style through all scenes."
        ),
        "language": Command("cli.commands.language:app", "Which language models there are."),
        "train-lora": Command(
            "cli.commands.train_lora:train_lora", "Train a LoRA on your own images and clips."
        ),
        "compare": Command(
            "cli.commands.compare:compare", "Make one prompt with several models, side by side."
        ),
        "render": Command("cli.commands.render:app", "Render the scenes of a project."),
        "start-frames": Command(
            "cli.commands.start_frames:start_frames", "Make an image for scenes to start from."
        ),
        "characters": Command(
            "cli.commands.characters:app",
            "Characters and styles of a project, for @Name in prompts.",
        ),
        "doctor": Command("cli.commands.doctor:app", "What this machine has, and what it lacks."),
        "jobs": Command("cli.commands.jobs:app", "List, show, cancel, resume and clear jobs."),
        "keys": Command("cli.commands.keys:app", "Set, test, remove and list keys for services."),
        "costs": Command("cli.commands.costs:app", "What paid renders cost, and every cap."),
        "config": Command("cli.commands.config:app", "Show and change settings."),
        "webhook-serve": Command(
            "cli.commands.webhook_serve:app", "Receive calls of services whose clips are ready."
        ),
        "assemble": Command("cli.film_command:assemble", "Put clips together into a film."),
        "export": Command("cli.film_command:export", "Export the film of a folder or film file."),
        "cache": Command("cli.film_command:cache", "Show or clear what exports keep."),
    }
)
"""In the order of the help."""
