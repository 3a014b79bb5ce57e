"""What is known of OpenAI's image models before they are opened."""

from __future__ import annotations

from core.config.api_keys import KeySpec
from core.jobs.lanes import Lane
from core.video.provider import OtherName, ProviderInfo
from core.video.terms import OutputKind

OPENAI_KEY = KeySpec(
    id="openai",
    label="OpenAI",
    variables=("OPENAI_API_KEY",),
    url="https://platform.openai.com/api-keys",
    purpose="makes images on the machines of OpenAI, which costs money",
)

_ENDED = (
    "OpenAI has ended {name}. Of what it offers now, gpt-image-2.6-flare is quick and "
    "gpt-image-2.6-sunburst keeps more detail."
)

_OTHER_NAMES = tuple(
    OtherName(name, _ENDED.format(name=name))
    for name in (
        "gpt-image-1",
        "gpt-image-1-mini",
        "gpt-image-1.5",
        "chatgpt-image-latest",
        "dall-e-2",
        "dall-e-3",
    )
)

OPENAI = ProviderInfo(
    id="openai",
    deployment="openai-api",
    label="OpenAI",
    summary="Rented: the image is made by OpenAI's GPT Image, which is paid for each. Prompt and "
    "files go to OpenAI.",
    lane=Lane.CLOUD,
    keys=(OPENAI_KEY,),
    other_names=_OTHER_NAMES,
    name="OpenAI",
    place="OpenAI API",
    makes=(OutputKind.IMAGE,),
)

BACKGROUND = ProviderInfo(
    id="openai",
    deployment="openai-background",
    label="OpenAI",
    summary="Rented: the same images, ordered in the background. A language model passes the order "
    "on, which is paid for besides, and OpenAI keeps prompt, files and image, so that a broken "
    "line loses nothing.",
    lane=Lane.CLOUD,
    keys=(OPENAI_KEY,),
    other_names=_OTHER_NAMES,
    name="OpenAI",
    place="OpenAI in the background",
    makes=(OutputKind.IMAGE,),
)
