"""A sound as people are shown it: two seconds to listen to, and their spectrogram."""

from io import BytesIO
from typing import Any

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from PIL import Image

from common.shown import Showing, Shown
from common.store.outputs import Outputs
from speech.data.audio import HOP, SAMPLE_RATE, frame_count
from speech.decoding import best_path
from speech.features import log_filterbank

SECONDS = 2
"""Longest part that is shown."""

BANDS = 40
QUIETEST = 10.0
"""Nats below the loudest cell that are drawn as silence: about 43 dB."""


def show(item: Any, at: int | None = None) -> Shown:
    """Return the beginning of a waveform at 16 kHz, or the part around frame ``at``, as sound and picture."""
    waveform = np.asarray(item, dtype=np.float32)
    longest = SECONDS * SAMPLE_RATE
    start = 0 if at is None else min(max(at * HOP - longest // 2, 0), max(len(waveform) - longest, 0))
    part = waveform[start : start + longest]
    part = part / max(1.0, float(abs(part).max(initial=0)))
    sound, kind = _encoded(part)
    return Shown(image=spectrogram(part), sound=sound, sound_type=kind, about=_about(waveform, part, start, at))


def _about(waveform: NDArray[np.float32], part: NDArray[np.float32], start: int, at: int | None) -> str:
    seconds, shown = len(waveform) / SAMPLE_RATE, len(part) / SAMPLE_RATE
    if at is not None:
        return f"frame at {at * HOP / SAMPLE_RATE:.2f} s; heard from {start / SAMPLE_RATE:.2f} s on"
    return f"{seconds:.1f} s" if len(part) == len(waveform) else f"first {shown:.1f} of {seconds:.1f} s"


def _encoded(part: NDArray[np.float32]) -> tuple[bytes, str]:
    """Return MP3, a tenth the size of FLAC, or FLAC where the library was built without it."""
    mp3 = "MP3" in soundfile.available_formats()
    buffer = BytesIO()
    soundfile.write(buffer, part, SAMPLE_RATE, format="MP3" if mp3 else "FLAC")
    return buffer.getvalue(), "audio/mpeg" if mp3 else "audio/flac"


def spectrogram(part: NDArray[np.float32]) -> bytes:
    """Return the log energies in 40 mel bands as a PNG: a column every 10 ms, low bands at the bottom."""
    from matplotlib import colormaps

    energies = log_filterbank(torch.from_numpy(part)[None], BANDS)[0].numpy().T[::-1]
    height = ((energies - energies.max()) / QUIETEST + 1).clip(0, 1)
    image = Image.fromarray((255 * height).round().astype(np.uint8), mode="L")
    image.putpalette((255 * colormaps["magma"](np.arange(256))[:, :3]).round().astype(np.uint8).tobytes())
    buffer = BytesIO()
    image.save(buffer, "png", optimize=True)
    return buffer.getvalue()


def rows(item: Any) -> int:
    """Return the number of frames of a waveform."""
    return frame_count(len(item))


def said(outputs: Outputs, names: tuple[str, ...]) -> str:
    """Return the best path of a CTC model for one utterance; nothing of a model that classifies sounds or frames."""
    if outputs.groups is None or outputs.scored_classes is None:
        return ""
    frames = torch.from_numpy(outputs.logits.argmax(axis=1))
    (symbols,) = best_path(frames[None], torch.tensor([len(frames)]), blank=outputs.scored_classes)
    return " ".join(names[symbol] for symbol in symbols) or "nothing"


SHOWING = Showing(show, rows, said, count=3)
