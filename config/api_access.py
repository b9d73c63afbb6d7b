"""Who is asking, in the API."""

from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from accounts.models import User
from accounts.web.language import speak_to


class SessionSignIn(SessionAuthentication):
    """The browser's session; an anonymous call gets 401 rather than 403."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Return who is signed in, and answer them in the language they chose."""
        found = super().authenticate(request)
        if found is not None and isinstance(found[0], User):
            speak_to(found[0])
        return found

    def authenticate_header(self, _request: Request) -> str:
        """Name the scheme, which makes DRF answer 401 to a call without a session."""
        return "Session"
