"""Who is who."""

from accounts.models import Patient, User


def user_with_email(email: str) -> User | None:
    """Return the person who signs in with this address, whatever its letter case, or None."""
    return User.objects.with_email(email).first()


def record_of(user: User) -> Patient | None:
    """Return the record that this person is the patient of, or None."""
    return Patient.objects.filter(user=user).select_related("clinic").first()
