"""Why a run could not be carried out: one clear sentence, which travels from the child process to the row."""

MEMORY_SIGNS = (
    "can't allocate memory",
    "out of memory",
    "annot allocate memory",
    "not enough memory",
    "failed to map",
    "can't start new thread",
    "Storage size calculation overflowed",
)
TOO_LITTLE_MEMORY = "There is too little memory for this version."


class BadRun(ValueError):
    """A version that cannot be run on a suite; the message is one clear sentence."""


class OutOfMemory(BadRun):
    """Not even one item fits into the memory there is."""
