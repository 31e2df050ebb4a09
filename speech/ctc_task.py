"""Shared by the CTC tasks: notes on how an utterance is scored and what its error is."""


def score_note(labels: str) -> str:
    """Return the note on an utterance's score, ``labels`` being what the network spells, such as ``39 phones``."""
    return (
        "An utterance's score is the mean over its frames of the largest softmax probability among the "
        f"{labels}, without the blank."
    )


PHONE_NOTES = (
    score_note("39 phones"),
    "Right and wrong are not defined for an utterance that CTC decodes, so misclassification is not evaluated. `error` "
    "is the phone error rate of the best path, or of a beam search (`--model ctc_lstm:16`).",
)
