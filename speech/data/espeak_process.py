"""eSpeak NG through ctypes: the subprocess of ``speech.data.espeak``, since eSpeak keeps state in its process.

    python -m speech.data.espeak_process PLAN.json OUT.safetensors     # what ``speech.data.espeak.speak`` runs

Interface: espeak-ng 1.52, src/include/espeak-ng/speak_lib.h.
"""

import ctypes
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.store.files import write_tensors


class _Identity(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))
_SYNCHRONOUS, _PHONEME_EVENTS, _DO_NOT_EXIT = 2, 0x0001, 0x8000
_UTF8, _PHONEME_EVENT, _RATE, _PITCH = 1, 7, 1, 3


class _Speaker:
    """eSpeak in this process, which can start it only once."""

    def __init__(self, library: Path) -> None:
        self.samples: list[NDArray[np.int16]] = []
        self.phonemes: list[tuple[bytes, int]] = []
        self._library = ctypes.CDLL(str(library))
        data = str(library.parent / "espeak-ng-data").encode()
        self.rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _PHONEME_EVENTS | _DO_NOT_EXIT)
        if self.rate <= 0:
            raise RuntimeError(f"espeak_Initialize returned {self.rate} for {data.decode()}")
        self._callback = _Callback(self._receive)  # kept alive: eSpeak calls it later
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, text: str, voice: str, rate: int, pitch: int) -> None:
        """Fill ``samples`` and ``phonemes``."""
        self.samples, self.phonemes = [], []
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise RuntimeError(f"there is no voice {voice!r}")
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(1))  # otherwise the noise in a voice depends on the time
        self._library.espeak_SetParameter(_RATE, rate, 0)
        self._library.espeak_SetParameter(_PITCH, pitch, 0)
        content = text.encode() + b"\0"
        status = self._library.espeak_Synth(content, ctypes.c_size_t(len(content)), 0, 1, 0, _UTF8, None, None)
        if status or not self.samples:
            raise RuntimeError(f"espeak_Synth returned {status} and {len(self.samples)} pieces for {text!r}")

    def _receive(self, wave: Any, count: int, events: Any) -> int:
        if wave and count > 0:
            self.samples.append(np.ctypeslib.as_array(wave, (count,)).copy())
        position = 0
        while events[position].type:
            if events[position].type == _PHONEME_EVENT:
                self.phonemes.append((events[position].id.string, events[position].sample))
            position += 1
        return 0


def _main(plan: Path, out: Path) -> None:
    order = json.loads(plan.read_text(encoding="utf-8"))
    speaker = _Speaker(Path(order["library"]))
    waves, names, starts, ends, phoneme_ends = [], [], [], [], []
    total = 0
    for utterance in order["utterances"]:
        speaker.say(**utterance)
        waves += speaker.samples
        total += sum(map(len, speaker.samples))
        ends.append(total)
        names += [np.frombuffer(name.ljust(8, b"\0"), np.uint8) for name, _ in speaker.phonemes]
        starts += [start for _, start in speaker.phonemes]
        phoneme_ends.append(len(starts))
    write_tensors(
        out,
        {
            "rate": np.array([speaker.rate]),
            "samples": np.concatenate(waves),
            "ends": np.array(ends),
            "phonemes": np.array(names, dtype=np.uint8).reshape(-1, 8),
            "starts": np.array(starts, dtype=np.int64),
            "phoneme_ends": np.array(phoneme_ends),
        },
    )


if __name__ == "__main__":
    _main(Path(sys.argv[1]), Path(sys.argv[2]))
