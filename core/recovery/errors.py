class Trouble(Exception):
    """A backup or restore cannot be done. The sentence says why and what to do."""


class Damaged(Trouble):
    """The backup is not what was written: altered, incomplete or put together from others."""
