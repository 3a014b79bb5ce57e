"""Trains LTX Mini, the built-in model, from nothing: the world it learns is drawn on the way."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

_ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it; ours are counted from the root.
    sys.path[0] = str(_ROOT)

from scripts.ltx_mini.training import Training  # noqa: E402 - needs the lines above

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ORDER = """\
order of the stages, with rough times on one CPU core as the defaults stand:
  video-decoder   1.5 hours
  video-encoder   1 hour
  audio           0.5 hours
  diffusion       4 hours
  assemble        1 minute; takes every stage as far as it has come

The latents are fixed beforehand, so none of the four trainings waits for another: with diffusion on
one core and the others after each other on a second one, two cores need 4 hours.

A stage that is stopped goes on from its last checkpoint when the same command is given again. Give
it the same --steps: the learning rate falls towards the end of them.
"""


@dataclass(frozen=True)
class Stage:
    """A subcommand: what it says of itself, its options, and what it does with them."""

    name: str
    summary: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]


def _add_training(
    parser: argparse.ArgumentParser, *, steps: int, lr: float, every: int = 100
) -> None:
    parser.add_argument("--steps", type=int, default=steps, help="steps in all (%(default)s)")
    parser.add_argument("--lr", type=float, default=lr, help="learning rate (%(default)s)")
    parser.add_argument(
        "--every", type=int, default=every, help="steps from checkpoint to checkpoint (%(default)s)"
    )
    parser.add_argument(
        "--start-from",
        type=Path,
        metavar="MODEL",
        help="folder of a finished model whose weights a new training begins with",
    )


def _add_drawn(parser: argparse.ArgumentParser, *, batch: int, pool: int) -> None:
    parser.add_argument("--batch", type=int, default=batch, help="clips a step (%(default)s)")
    parser.add_argument("--pool", type=int, default=pool, help="clips drawn ahead (%(default)s)")


def _add_decoder(parser: argparse.ArgumentParser) -> None:
    _add_training(parser, steps=4000, lr=0.02)
    _add_drawn(parser, batch=8, pool=250)


def _add_encoder(parser: argparse.ArgumentParser) -> None:
    _add_training(parser, steps=2500, lr=0.02)
    _add_drawn(parser, batch=8, pool=250)


def _add_audio(parser: argparse.ArgumentParser) -> None:
    _add_training(parser, steps=3000, lr=0.01, every=250)


def _add_diffusion(parser: argparse.ArgumentParser) -> None:
    _add_training(parser, steps=4000, lr=0.01)
    _add_drawn(parser, batch=24, pool=6000)
    parser.add_argument(
        "--renew", type=int, default=3, help="clips drawn anew after every step (%(default)s)"
    )
    parser.add_argument(
        "--compile",
        action="store_true",
        help="compile the transformer's blocks: a third quicker, needs a C++ compiler",
    )


def _add_assemble(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out",
        type=Path,
        default=_ROOT / "providers" / "ltx_video" / "mini",
        help="folder to write (that of the built-in model)",
    )
    parser.add_argument(
        "--start-from",
        type=Path,
        metavar="MODEL",
        help="folder of a finished model that gives the parts that were not trained",
    )


def _training(options: argparse.Namespace) -> Training:
    return Training(
        work=options.work,
        seed=options.seed,
        threads=options.threads,
        steps=options.steps,
        lr=options.lr,
        every=options.every,
        start_from=options.start_from,
    )


# Only a stage that runs pays for loading torch.
def _run_decoder(options: argparse.Namespace) -> None:
    from scripts.ltx_mini.video_vae import train_decoder

    train_decoder(_training(options), batch_size=options.batch, pool_size=options.pool)


def _run_encoder(options: argparse.Namespace) -> None:
    from scripts.ltx_mini.video_vae import train_encoder

    train_encoder(_training(options), batch_size=options.batch, pool_size=options.pool)


def _run_audio(options: argparse.Namespace) -> None:
    from scripts.ltx_mini.audio import train

    train(_training(options))


def _run_diffusion(options: argparse.Namespace) -> None:
    from scripts.ltx_mini.diffusion import train

    train(
        _training(options),
        batch_size=options.batch,
        pool_size=options.pool,
        renewed=options.renew,
        is_compiled=options.compile,
    )


def _run_assemble(options: argparse.Namespace) -> None:
    from scripts.ltx_mini.assemble import write_model

    write_model(options.work, options.seed, options.out, options.start_from)


STAGES = (
    Stage("video-decoder", "the video VAE's decoder", _add_decoder, _run_decoder),
    Stage("video-encoder", "the video VAE's encoder", _add_encoder, _run_encoder),
    Stage("audio", "the audio VAE and the vocoder", _add_audio, _run_audio),
    Stage("diffusion", "the connectors and the transformer", _add_diffusion, _run_diffusion),
    Stage("assemble", "write the model's folder", _add_assemble, _run_assemble),
)
"""The stages in their order."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of one stage, and the stage; what is typed wrong ends the process with code 2."""
    parser = argparse.ArgumentParser(
        prog="python3 scripts/train_ltx_mini.py",
        description=__doc__,
        epilog=_ORDER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=Path("mini-training"),
        help="folder for checkpoints and logs (%(default)s)",
    )
    parser.add_argument("--seed", type=int, default=20261122, help="of all that is drawn")
    parser.add_argument(
        "--threads",
        type=int,
        default=2,
        help="CPU threads (%(default)s); stages that run at the same time want one each",
    )
    subparsers = parser.add_subparsers(required=True, metavar="STAGE")
    for stage in STAGES:
        subparser = subparsers.add_parser(stage.name, help=stage.summary, description=stage.summary)
        stage.add_options(subparser)
        subparser.set_defaults(stage=stage)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Runs one stage."""
    options = parse(arguments)
    options.stage.run(options)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
