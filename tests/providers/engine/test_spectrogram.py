"""The picture of a sound that LTX-2's audio VAE reads."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from providers.ltx_video.engine.spectrogram import log_mel

RATE_HZ = 16_000


def tone(hz: float, num_samples: int = RATE_HZ) -> np.ndarray:
    times = np.arange(num_samples) / RATE_HZ
    wave = 0.5 * np.sin(2 * np.pi * hz * times)
    return np.stack((wave, np.zeros_like(wave))).astype(np.float32)


# Slaney's mel scale is even below 1 kHz and logarithmic above: bin n of 64 has its middle at
# (n + 1) / 65 of the 45.25 mel that 8 kHz are.
@pytest.mark.parametrize(("hz", "at"), [(200, 3), (1000, 21), (2000, 35), (7600, 63)])
def test_a_tone_is_brightest_where_the_mel_scale_has_it(hz: float, at: int) -> None:
    mel = log_mel(tone(hz), RATE_HZ, 160, 64)
    assert mel.shape == (2, 101, 64)
    assert int(mel[0, 50].argmax()) == at


def test_silence_is_the_quietest_there_is() -> None:
    mel = log_mel(tone(440), RATE_HZ, 160, 64)
    assert torch.allclose(mel[1], torch.tensor(np.log(1e-5), dtype=torch.float32))


def test_filters_weigh_by_area_so_that_noise_is_even() -> None:
    noise = np.random.default_rng(0).standard_normal((2, 8 * RATE_HZ)).astype(np.float32)
    loud = log_mel(noise, RATE_HZ, 160, 64).exp().mean(dim=(0, 1))
    assert float(loud[20:60].std() / loud[20:60].mean()) < 0.05
