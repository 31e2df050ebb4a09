"""The demo's sounds: mono float32 samples at 16 kHz, recorded by the page or read from a file by the browser."""

from typing import Any

import numpy as np

from common.data.samples import RawDataset
from common.demo.exhibit import Exhibit
from common.store.outputs import Outputs
from speech.data.audio import SAMPLE_RATE
from speech.shown import said

SHORTEST = SAMPLE_RATE // 10
LONGEST = 10 * SAMPLE_RATE
SAMPLE_BYTES = 4


def read(body: bytes) -> RawDataset:
    """Read little-endian float32 samples at 16 kHz.

    Raises:
        ValueError: the body is cut, too short or too long, or a sample is not finite or beyond 1.
    """
    if len(body) % SAMPLE_BYTES:
        raise ValueError(f"{len(body)} bytes are not a whole number of float32 samples")
    samples = np.frombuffer(body, dtype="<f4").astype(np.float32)  # a copy: torch wants to be able to write
    if not SHORTEST <= len(samples) <= LONGEST:
        raise ValueError(f"the sound is {len(samples) / SAMPLE_RATE:.2f} s; 0.1 to 10 s are needed")
    if not np.isfinite(samples).all() or abs(samples).max() > 1:
        raise ValueError("samples must be finite and within -1 and 1")
    if not samples.any():
        raise ValueError("the sound is silent")
    return RawDataset([samples])


def show(item: Any) -> bytes:
    """Return a waveform as float32 samples, at most 10 s, scaled down where it goes beyond 1."""
    samples = np.asarray(item, dtype=np.float32)[:LONGEST]
    return (samples / max(1.0, float(abs(samples).max()))).astype("<f4").tobytes()


def heard(outputs: Outputs, names: tuple[str, ...]) -> str:
    """Return the phones that a CTC model recognises; nothing of a model that classifies the whole sound."""
    phones = said(outputs, names)
    return f"Phones heard: {phones}" if phones else ""


EXHIBIT = Exhibit(
    title="Speak",
    kind="sound",
    invitation="Record some seconds of English speech, or choose a sound file. Then try noise or another language.",
    tasks=("speech/digits", "speech/commands", "speech/espeak_phones"),
    read=read,
    show=show,
    largest=LONGEST * SAMPLE_BYTES,
    describe=heard,
)
