"""Who is asking, in the API."""

from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class SessionSignIn(SessionAuthentication):
    """The browser's session; an anonymous call gets 401 rather than 403."""

    def authenticate_header(self, _request: Request) -> str:
        """Name the scheme, which makes DRF answer 401 to a call without a session."""
        return "Session"
