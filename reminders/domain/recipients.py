"""Whom a message is for."""

from dataclasses import dataclass
from uuid import UUID

from tracker.domain.ladder import Reach


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person, or a clinic's duty ("desk" or "out_of_hours")."""

    person_id: UUID | None = None
    clinic_id: UUID | None = None
    duty: str = ""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Somebody who should be told and has no usable contact point."""

    subject: str
    name: str
    is_flagged: bool = True


@dataclass(frozen=True, slots=True)
class Reached:
    """Who of one audience can be told at a moment, and who cannot be told at all."""

    recipients: tuple[Recipient, ...]
    reach: Reach
    unreachable: tuple[Unreachable, ...] = ()
