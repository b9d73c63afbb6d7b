"""The language in which a page answers somebody who is known."""

from django.conf import settings
from django.utils import translation

from accounts.models import User


def speak_to(user: User) -> None:
    """Answer the rest of this request in the language that this person chose.

    One that is not offered (any more) changes nothing: the browser's stays in force.
    """
    if user.language in dict(settings.LANGUAGES):
        translation.activate(user.language)
