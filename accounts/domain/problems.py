"""What is wrong with what somebody typed, and the exceptions that carry it to the door."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, said in one sentence that can be shown as it is.

    `text` may be a lazy translation: it is turned into words only when it is shown.
    """

    field: str  # the form field or API key; "" when it belongs to no single one
    text: str
    row: int | None = None  # counted from 1, for input that comes as rows


class Refusal(Exception):
    """A service will not do what was asked, and nothing was changed.

    Doors turn it into form errors or, in the API, into 400.
    """

    def __init__(self, *problems: Problem) -> None:
        """Carry the problems in the order given; at least one, or ValueError."""
        if not problems:
            raise ValueError("A refusal needs at least one problem to show.")
        super().__init__(*problems)
        self.problems: tuple[Problem, ...] = problems

    def __str__(self) -> str:
        """Return the sentences, one after the other."""
        return " ".join(str(problem.text) for problem in self.problems)


class Conflict(Refusal):
    """A refusal because the stored facts already say otherwise; 409 in the API."""
