"""Language models on loopback: four wires that write what a test says, or answer wrongly."""

from __future__ import annotations

import json
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tests.fakes.services.stub_service import (
    Habits,
    RemoteJob,
    StubHandler,
    StubService,
    proxied,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEYS = {
    "OPENAI_API_KEY": "sk-proj-words-81c2",
    "GEMINI_API_KEY": "AIza-words-4d07",
    "ANTHROPIC_API_KEY": "sk-ant-words-55e9",
}
HOSTS = ("api.openai.com", "generativelanguage.googleapis.com", "api.anthropic.com")
TOKENS_IN, TOKENS_OUT = 900, 400


class Shape(Enum):
    """What becomes of an answer that a model has written."""

    WHOLE = auto()
    FENCED = auto()
    HALF = auto()
    REFUSED = auto()
    BLOCKED = auto()
    CUT = auto()
    PAGE = auto()
    NONSENSE = auto()
    UNCOUNTED = auto()
    LIMITED = auto()


@dataclass
class Question:
    """What a model is asked, whatever the wire: instructions, text, and the answer's fields."""

    system: str
    text: str
    schema: dict[str, Any]

    @property
    def numbers(self) -> list[int]:
        """Of the lines or prompts that it is asked for."""
        return [int(found) for found in re.findall(r"^(\d+)[:.] ", self.text, re.MULTILINE)]


def write(question: Question) -> object:
    """A good answer: each line a scene of its own, each prompt with a few words more."""
    wanted = question.schema["properties"]
    if "style" in wanted:
        return {"style": "Grainy film, cold blue light."}
    if "prompts" in wanted:
        prompts = dict(re.findall(r"^(\d+)\. (.*)$", question.text, re.MULTILINE))
        return {
            "prompts": [
                {"number": int(number), "prompt": f"{prompt} In low light."}
                for number, prompt in prompts.items()
            ]
        }
    return {
        "scenes": [
            {
                "lines": [number],
                "prompt": f"What line {number} shows.",
                "camera": "zoom_in",
                "duration_s": 4,
                "characters": ["Anna"],
            }
            for number in question.numbers
        ]
    }


@dataclass
class LanguageHabits(Habits):
    """How the models behave.

    Attributes:
        writes: gives what the next answer holds.
        shapes: of the next answers, one after the other; whole once there are none left.
        most_posts: no more are allowed; each beyond counts in the service's `posts_too_many`.
        tags: what the Ollama has fetched.
        is_another: something else answers in the place of the server.
    """

    writes: Callable[[Question], object] = write
    shapes: list[Shape] = field(default_factory=list[Shape])
    most_posts: int | None = None
    tags: tuple[str, ...] = ("gemma4:e4b", "qwen3.5:4b", "nomic-embed-text:latest")
    is_another: bool = False


@dataclass
class LanguageService(StubService[LanguageHabits, RemoteJob]):
    """The models and their books."""

    asked: list[Question] = field(default_factory=list[Question])
    posts_too_many: int = 0

    def billed_usd(self, usd_in: float, usd_out: float) -> float:
        """What everything that was accepted costs, by prices for a million tokens."""
        return self.purchases * (TOKENS_IN * usd_in + TOKENS_OUT * usd_out) / 1e6


class _Wire(StubHandler[LanguageService]):
    """Takes each of the wires by its path."""

    @override
    def get(self) -> None:
        habits = self.service.habits
        if habits.is_another:
            self.send(200, b"<html><body>Tomcat</body></html>", "text/html; charset=utf-8")
            return
        if self.path == "/api/tags":
            models = [{"name": name, "details": {"parameter_size": "8B"}} for name in habits.tags]
            self.say(200, {"models": models})
        elif self.path.endswith("/models") and self._is_known():
            self.say(200, {"data": [{"id": "/models/qwen3.gguf"}, {"id": "text-embedding-nomic"}]})
        elif self._is_known():
            self.say(200, {"name": self.path})

    @override
    def post(self) -> None:
        body: dict[str, Any] = json.loads(self.body())
        service, habits = self.service, self.service.habits
        if not self._is_known() or self.has_refused(self._key):
            return
        if habits.shapes[:1] == [Shape.LIMITED]:
            habits.shapes.pop(0)
            self.say(429, self.complaint("slow down"), self._wait(429, 7))
            return
        if habits.most_posts is not None and service.purchases >= habits.most_posts:
            service.posts_too_many += 1
        with service.lock:
            name = f"answer-{service.purchases + 1}"
            service.jobs[name] = RemoteJob(name, body)
        question = self._question(body)
        service.asked.append(question)
        shape = habits.shapes.pop(0) if habits.shapes else Shape.WHOLE
        answer = self._answer(body, question, shape)
        while habits.stalls_answers and not service.is_closed:
            time.sleep(0.02)
        if self.has_dropped():
            return
        if shape is Shape.PAGE:
            self.send(200, b"<html><body>Sign in first</body></html>", "text/html")
        else:
            self.say(200, answer)

    @property
    def _key(self) -> str:
        return KEYS["OPENAI_API_KEY"]

    def _is_known(self) -> bool:
        host = self.headers["Host"]
        if host not in HOSTS:
            assert "Authorization" not in self.headers, "an own server needs no key"
            return True
        shown = (
            self.headers.get("Authorization", "").removeprefix("Bearer "),
            self.headers.get("x-goog-api-key"),
            self.headers.get("x-api-key"),
        )[HOSTS.index(host)]
        if shown in KEYS.values():
            return True
        self.say(401, self.complaint("no such key"))
        return False

    def _question(self, body: dict[str, Any]) -> Question:
        if "contents" in body:
            wanted = body["generationConfig"]
            assert wanted["responseMimeType"] == "application/json"
            system = body["systemInstruction"]["parts"][0]["text"]
            text = body["contents"][0]["parts"][0]["text"]
            return Question(system, text, wanted["responseJsonSchema"])
        if self.path == "/v1/messages":
            assert self.headers["anthropic-version"], "each call names the version"
            wanted = body["output_config"]["format"]
            assert wanted["type"] == "json_schema"
            return Question(body["system"], body["messages"][0]["content"], wanted["schema"])
        system, text = (message["content"] for message in body["messages"])
        if self.path == "/api/chat":
            options = body["options"]
            assert body["stream"] is False
            assert body["think"] is False
            assert options["num_ctx"] >= options["num_predict"] + 1000
            return Question(system, text, body["format"])
        wanted = body["response_format"]["json_schema"]
        assert wanted["strict"] is True
        return Question(system, text, wanted["schema"])

    def _answer(self, body: dict[str, Any], question: Question, shape: Shape) -> dict[str, Any]:
        text = json.dumps(self.service.habits.writes(question))
        match shape:
            case Shape.FENCED:
                text = f"```json\n{text}\n```"
            case Shape.HALF | Shape.CUT:
                text = text[: len(text) // 2]
            case Shape.NONSENSE:
                text = "Sure! Here is your storyboard."
            case _:
                pass
        is_counted = shape is not Shape.UNCOUNTED
        if "contents" in body:
            return _of_gemini(text, shape, is_counted)
        if self.path == "/v1/messages":
            return _of_claude(text, shape, is_counted)
        if self.path == "/api/chat":
            return _of_ollama(text, shape)
        return _of_chat(text, shape, is_counted)


def _of_gemini(text: str, shape: Shape, is_counted: bool) -> dict[str, Any]:
    usage = {"promptTokenCount": TOKENS_IN, "candidatesTokenCount": TOKENS_OUT - 100}
    counted = {"usageMetadata": {**usage, "thoughtsTokenCount": 100}} if is_counted else {}
    if shape is Shape.BLOCKED:
        blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
        return {**blocked, "usageMetadata": {"promptTokenCount": TOKENS_IN}}
    if shape is Shape.REFUSED:
        return {"candidates": [{"finishReason": "SAFETY"}], **counted}
    parts = [{"text": "Let me think.", "thought": True}, {"text": text}]
    reason = "MAX_TOKENS" if shape is Shape.CUT else "STOP"
    return {"candidates": [{"content": {"parts": parts}, "finishReason": reason}], **counted}


def _of_claude(text: str, shape: Shape, is_counted: bool) -> dict[str, Any]:
    reasons = {Shape.CUT: "max_tokens", Shape.REFUSED: "refusal", Shape.BLOCKED: "refusal"}
    words = "I cannot help with that." if reasons.get(shape) == "refusal" else text
    usage = {"input_tokens": TOKENS_IN, "output_tokens": TOKENS_OUT}
    return {
        "content": [{"type": "thinking", "thinking": "…"}, {"type": "text", "text": words}],
        "stop_reason": reasons.get(shape, "end_turn"),
        **({"usage": usage} if is_counted else {}),
    }


def _of_ollama(text: str, shape: Shape) -> dict[str, Any]:
    return {
        "message": {"role": "assistant", "content": text},
        "done": True,
        "done_reason": "length" if shape is Shape.CUT else "stop",
        "prompt_eval_count": TOKENS_IN,
        "eval_count": 4096 if shape is Shape.CUT else TOKENS_OUT,
    }


def _of_chat(text: str, shape: Shape, is_counted: bool) -> dict[str, Any]:
    reasons = {Shape.CUT: "length", Shape.BLOCKED: "content_filter"}
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if shape is Shape.REFUSED:
        message = {"role": "assistant", "content": None, "refusal": "I can't help with that."}
    usage = {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT}
    return {
        "choices": [{"message": message, "finish_reason": reasons.get(shape, "stop")}],
        **({"usage": usage} if is_counted else {}),
    }


@contextmanager
def rented_models(folder: Path) -> Iterator[LanguageService]:
    """OpenAI, Google and Anthropic on their own hosts, behind a proxy on loopback."""
    service = LanguageService(folder, LanguageHabits())
    with proxied(service, _Wire, HOSTS) as environment:
        service.environment = {**environment, **KEYS}
        yield service


@contextmanager
def own_server(folder: Path) -> Iterator[tuple[LanguageService, str]]:
    """An Ollama, and a server of chat completions, at one address."""
    service = LanguageService(folder, LanguageHabits())
    with serving(service, _Wire) as address:
        yield service, address
