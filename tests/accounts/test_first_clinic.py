"""The first clinic of an installation is opened by its operator; the rest is done on pages."""

from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.clock import database_now
from accounts.models import Clinic, Invitation
from accounts.services.acceptance import invitation_accept
from accounts.services.invitations import invitation_mint_mail_token
from tests.reminders.engine import sweep_and_dispatch

ARGUMENTS = {
    "name": "Quay Clinic",
    "slug": "quay",
    "zone": "Europe/Lisbon",
    "country": "pt",
    "administrator_name": "Inês Duarte",
    "administrator_email": "ines.duarte@example.org",
}


def clinic_opened(**changes: str) -> str:
    """Run the command; return what it printed."""
    printed = StringIO()
    call_command("clinic_open", stdout=printed, **ARGUMENTS | changes)
    return printed.getvalue()


@pytest.mark.django_db
def test_the_first_administrator_is_mailed_a_link_and_can_then_set_the_clinic_up() -> None:
    assert "ines.duarte@example.org" in clinic_opened()

    (letter,) = sweep_and_dispatch(database_now())
    assert letter.to == ["ines.duarte@example.org"]
    assert "Quay Clinic" in letter.subject

    invitation = Invitation.objects.get()
    now = database_now()
    token = invitation_mint_mail_token(invitation=invitation, now=now)
    user = invitation_accept(token=token, password="harbour-light-7", user=None, now=now)
    held = user.memberships.current(now).administering().get()
    assert held.clinic.country == "PT"
    assert mail.outbox == [letter]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("zone", "Europe/Nowhere"),
        ("country", "Portugal"),
        ("slug", "not a slug"),
        ("administrator_email", "ines.example.org"),
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_half_made(field: str, wrong: str) -> None:
    with pytest.raises(CommandError, match=field.removeprefix("administrator_")):
        clinic_opened(**{field: wrong})

    assert not Clinic.objects.exists()
    assert not Invitation.objects.exists()
