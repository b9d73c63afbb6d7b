"""The pages that describe the API, and the answer for addresses that it does not have."""

from typing import Any, NoReturn

from django.contrib.auth.decorators import login_required
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView


class DocsPage(SpectacularSwaggerSplitView):
    """The description as a page to read and try, without inline script or style."""

    template_name = "api/docs.html"
    url_name = "api-schema"


class NothingHere(APIView):
    """Any other address under /api/: the same words as for a record that somebody cannot see."""

    schema = None

    def initial(self, request: Request, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Answer everybody and every method alike."""
        del request
        raise NotFound


schema = SpectacularAPIView.as_view()
docs = login_required(DocsPage.as_view())
nothing_here = NothingHere.as_view()
