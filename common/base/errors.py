"""Errors that a user can fix."""


class UserError(Exception):
    """A problem in the input, the data or the environment; printed as one line, without a traceback.

    The message says what is wrong, where, and what to do about it.
    """


class MissingData(UserError):
    """Required data was not found.

    Attributes:
        why: what is missing.
        remedy: the command that fetches it.
    """

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(f"{why}; get it with: {remedy}")
        self.why, self.remedy = why, remedy

    def __reduce__(self) -> tuple[type["MissingData"], tuple[str, str]]:
        """Make it again from its two parts, so that a worker process can send it."""
        return type(self), (self.why, self.remedy)


class WorkerDied(UserError):
    """A process that worked for this run was killed, also when its job was tried again."""


class StoreUnreached(UserError):
    """The object store that holds OUT could not be used."""


def did_you_mean(word: str, known: list[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the entry of ``known`` nearest to ``word``, or an empty string.

    >>> did_you_mean("mps", ["msp", "energy"])
    " (did you mean 'msp'?)"
    """
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1, cutoff=0.5)
    return f" (did you mean {near[0]!r}?)" if near else ""
