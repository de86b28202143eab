"""What a configuration that cannot be used is told."""


class Misconfigured(Exception):
    """The configuration cannot be used. `faults` holds one line each: `path: what is wrong and how to mend it`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults
