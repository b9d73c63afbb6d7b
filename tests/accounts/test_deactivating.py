"""An operator takes away a sign-in, as when a telephone was stolen."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import AuditRow
from tests.cast import Cast


def deactivated(email: str) -> str:
    """Run the command; return what it printed."""
    printed = StringIO()
    call_command("user_deactivate", email=email, stdout=printed)
    return printed.getvalue()


def test_whoever_is_deactivated_is_signed_out_where_they_had_signed_in(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    assert browser.get("/worklist/").status_code == 200

    assert live_cast.priya.name in deactivated(live_cast.priya.email.upper())

    assert browser.get("/worklist/").status_code == 302
    assert AuditRow.objects.filter(
        action="user.deactivated", job="user_deactivate", target_id=str(live_cast.priya.pk)
    ).exists()


def test_an_address_that_nobody_active_signs_in_with_is_said_to_be_unknown(cast: Cast) -> None:
    deactivated(cast.priya.email)

    for email in (cast.priya.email, "nobody@example.org"):
        with pytest.raises(CommandError, match="Nobody who is active"):
            deactivated(email)
