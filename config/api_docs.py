"""The pages that describe the API, and the answer for addresses that it does not have."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from drf_spectacular.utils import extend_schema
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

    @extend_schema(exclude=True)
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer every method alike."""
        self.http_method_names = [str(request.method).lower()]
        setattr(self, self.http_method_names[0], self._nothing)
        return super().dispatch(request, *args, **kwargs)

    def _nothing(self, _request: Request, **_kwargs: Any) -> Any:
        raise NotFound


schema = SpectacularAPIView.as_view()
docs = login_required(DocsPage.as_view())
nothing_here = NothingHere.as_view()
