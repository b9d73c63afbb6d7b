"""Who is who."""

from accounts.models import Clinic, Patient, User
from accounts.models.invitations import FOR_PATIENT


def user_with_email(email: str) -> User | None:
    """Return the person who signs in with this address, whatever its letter case, or None."""
    return User.objects.with_email(email).first()


def record_of(user: User) -> Patient | None:
    """Return the record that this person is the patient of, or None."""
    return Patient.objects.filter(user=user).select_related("clinic").first()


def patient_invited_at(clinic: Clinic, email: str) -> Patient | None:
    """Return the patient whom this clinic has invited at this address, joined or not, or None.

    It looks at no other clinic's patients: whether an address is known there is not told.
    """
    invited = {"invitations__kind": FOR_PATIENT, "invitations__email": email.strip().lower()}
    return Patient.objects.filter(clinic=clinic, **invited).first()
