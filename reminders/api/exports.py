"""The whole record of the person who asks, as one file."""

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from accounts.access import NotVisible
from accounts.api.doors import Door
from accounts.selectors.people import record_of
from reminders.services.exporting import FILE_NAME, record_export

ZIP = "application/zip"


class ZipRenderer(BaseRenderer):
    """Lets somebody ask for a ZIP file by its type; the door makes the file itself."""

    media_type = ZIP
    format = "zip"

    def render(self, data: Any, _media_type: str | None = None, _context: Any = None) -> Any:
        """Return what the door answered: a refusal is JSON whatever was asked for."""
        return JSONRenderer().render(data)


class MyExportApi(Door):
    """Everything about the person who is signed in."""

    renderer_classes = (JSONRenderer, ZipRenderer)

    @extend_schema(
        operation_id="my_export", request=None, responses={(200, ZIP): OpenApiTypes.BINARY}
    )
    def get(self, _request: Request) -> FileResponse:
        """Download the own record as a ZIP file; 400 after six in an hour."""
        patient = record_of(self.person)
        if patient is None:
            raise NotVisible
        made = record_export(patient=patient, by=self.person, now=self.now)
        return FileResponse(made, as_attachment=True, filename=FILE_NAME)


my_export = MyExportApi.as_view()
