"""Who a rung of a ladder tells."""

from enum import StrEnum


class Audience(StrEnum):
    """The people that one rung reaches; the clinic is always the last."""

    PATIENT = "patient"
    CAREGIVERS = "caregivers"
    CLINIC = "clinic"
