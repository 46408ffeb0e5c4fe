"""What can go wrong, as types: each carries the exit code that scripts rely on and the next step to take.

The docstring of a class says what its exit code means; `percorsi --help` and the guide print it from here.
Messages name the file, the line, the rule: never a value of a record.
"""


class PercorsiError(Exception):
    """Something unexpected happened."""

    exit_code = 1

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message}\n  next: {self.next_step}" if self.next_step else self.message


class UsageError(PercorsiError):
    """The command was called in a way it does not understand."""

    exit_code = 2


class ConfigurationError(PercorsiError):
    """A file of the configuration cannot be used."""

    exit_code = 3


class CatalogueError(ConfigurationError):
    """The catalogue of indicators has faults."""


class DeliveryRefused(PercorsiError):
    """A delivery was refused: at least one of its files cannot be read as its layout says."""

    exit_code = 4


class QualityGateClosed(PercorsiError):
    """The quality gate left no region: no value rests on data good enough."""

    exit_code = 5


class HomeLocked(PercorsiError):
    """Another run is writing to the same home."""

    exit_code = 6


class ResultUnavailable(PercorsiError):
    """A result was asked for that cannot be had."""

    exit_code = 7


def exit_codes() -> dict[int, str]:
    """Exit code -> what it means, for help and documentation; 0 is success."""
    table = {0: "Done."}
    kinds = [PercorsiError]
    while kinds:
        kind = kinds.pop(0)
        table.setdefault(kind.exit_code, kind.__doc__.strip())
        kinds.extend(kind.__subclasses__())
    return dict(sorted(table.items()))
