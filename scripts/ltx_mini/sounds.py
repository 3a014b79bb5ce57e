"""Makes the sounds of LTX Mini's world, and the log-mel picture that its audio VAE reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from providers.ltx_video.engine import spectrogram

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

MEL_RATE_HZ = 16_000
WAVE_RATE_HZ = 24_000
HOP = 160
MEL_BINS = 64
SAMPLES_A_FRAME = WAVE_RATE_HZ * HOP // MEL_RATE_HZ
# Every pitch is a multiple of 100 Hz, the rate of mel frames: each frame then holds whole waves, so
# that the vocoder, which sees no phase, can still learn the very samples.
PARTIALS: dict[str, tuple[tuple[int, float], ...]] = {
    "silence": (),
    "low_tone": ((200, 0.30),),
    "tone": ((400, 0.30),),
    "high_tone": ((800, 0.26),),
    "hum": ((100, 0.22), (300, 0.10), (500, 0.05)),
    "beeps": ((1000, 0.26),),
}
BEEP_PERIOD_S = 0.5
FADE_S = 0.012


def wave(sound: str, num_samples: int, rate_hz: int) -> NDArray[np.float32]:
    """A sound from its beginning as (2, num_samples) in -1..1, the same on both sides."""
    time_s = np.arange(num_samples, dtype=np.float64) / rate_hz
    mono = np.zeros(num_samples)
    for frequency_hz, amplitude in PARTIALS[sound]:
        mono += amplitude * np.sin(2 * np.pi * frequency_hz * time_s)
    mono *= np.clip(time_s / FADE_S, 0, 1)
    if sound == "beeps":
        inside = np.mod(time_s, BEEP_PERIOD_S)
        mono *= np.clip(np.minimum(inside, BEEP_PERIOD_S / 2 - inside) / FADE_S, 0, 1)
    return np.stack([mono, mono]).astype(np.float32)


def log_mel(sound: NDArray[np.float32], num_frames: int) -> torch.Tensor:
    """Log-mel picture (2, num_frames, 64) of a (2, samples) sound at 16 kHz."""
    return spectrogram.log_mel(sound, MEL_RATE_HZ, HOP, MEL_BINS)[:, :num_frames]
