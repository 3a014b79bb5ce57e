"""What only a person may decide, such as to buy something: by '--yes', or by an answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from cli.options import Kind, Option
from core.errors import Problem, UnsupportedRequest
from core.platform.units import dollars

if TYPE_CHECKING:
    from cli.console import Console

YES_HELP = "Buy what costs money, at the price that the plan shows."
YES = Option("--yes", Kind.FLAG, YES_HELP)


def agrees_to_price(
    console: Console, what: str, cost_usd: float | None, *, is_agreed: bool
) -> bool:
    """Whether it costs nothing or a person agrees, who is asked where one can answer.

    Args:
        console: of the command; a program that reads events is not asked.
        what: what would be bought, such as "2 clips".
        cost_usd: of all of it; None where nobody knows.
        is_agreed: '--yes' was typed.

    Raises:
        UnsupportedRequest: nobody is there to be asked.
    """
    if cost_usd == 0 or is_agreed:
        return True
    price = "a price that nobody knows" if cost_usd is None else dollars(cost_usd)
    if agrees(console, f"It buys {what} for {price}.", f"It would buy {what} for {price}"):
        return True
    console.tell("Nothing was ordered.")
    return False


def agrees(console: Console, question: str, refusal: str) -> bool:
    """Whether a person agrees, who is asked where one can answer.

    Args:
        console: of the command; a program that reads events is not asked.
        question: a sentence with what will be done.
        refusal: the same for whoever cannot be asked, without a full stop.

    Raises:
        UnsupportedRequest: nobody is there to be asked.
    """
    if console.is_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UnsupportedRequest([Problem("yes", f"{refusal}: add --yes to agree.")])
    return typer.confirm(f"{question} Go on?", err=True)
