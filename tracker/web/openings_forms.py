"""What a clinician gives and says to import openings: one file, and what its columns mean."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from django import forms
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.utils.translation import gettext_lazy as _

from accounts.domain.zones import zone_names
from tracker.domain.openings_file import ColumnMapping
from tracker.domain.openings_time import DateOrder
from tracker.services.openings import MOST_BYTES


class OneFileInMemory(FileUploadHandler):
    """Holds one file in memory, and reads no more of one that is too large."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._parts: list[bytes] = []
        self._size = 0

    def new_file(self, *args: Any, **options: Any) -> None:
        """Begin; a second file ends the reading."""
        if self._parts:
            raise StopUpload(connection_reset=True)
        super().new_file(*args, **options)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a part in memory; nothing is handed on, so nothing reaches the disk."""
        self._size = start + len(raw_data)
        if self._size <= MOST_BYTES + 1:
            self._parts.append(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """Return the file, cut one part behind what is allowed: it is refused by its size."""
        return InMemoryUploadedFile(
            BytesIO(b"".join(self._parts)),
            self.field_name,
            self.file_name,
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )


class OpeningsFileForm(forms.Form):
    """The file as the maker's software exports it."""

    file = forms.FileField(
        label=_("The maker’s file"),
        help_text=_("CSV, as exported. At most 100,000 rows or 32 MB. Nothing is imported yet."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("This file is empty."),
        },
    )


class MappingForm(forms.Form):
    """What the columns mean."""

    utc_column = forms.ChoiceField(
        label=_("Column of UTC times"),
        help_text=_("Where there is one, it is trusted over local times."),
        required=False,
    )
    local_column = forms.ChoiceField(label=_("Column of local times"), required=False)
    zone = forms.ChoiceField(
        label=_("Time zone of the local times"),
        help_text=_("Only for times without an offset. It is never guessed."),
        required=False,
    )
    date_order = forms.ChoiceField(
        label=_("Dates with slashes, such as 3/4/2026"),
        required=False,
        choices=[
            ("", _("There are none")),
            (DateOrder.DAY_FIRST.value, _("The day comes first")),
            (DateOrder.MONTH_FIRST.value, _("The month comes first")),
        ],
    )
    event_column = forms.ChoiceField(
        label=_("Column that says what happened"),
        help_text=_("Where not every row is an opening."),
        required=False,
    )
    opening_words = forms.CharField(
        label=_("Words there that mean an opening"),
        help_text=_("Exactly as in the file, with a semicolon between two. Other rows are left."),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )

    def __init__(self, *args: Any, columns: Sequence[str], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", _("None")), *((name, name) for name in columns)]
        for name in ("utc_column", "local_column", "event_column"):
            self._choices_of(name, choices)
        zones = sorted(zone_names())
        self._choices_of("zone", [("", _("None")), *((name, name) for name in zones)])

    def _choices_of(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    @property
    def mapping(self) -> ColumnMapping:
        """What was said, of a valid form."""
        said = self.cleaned_data
        order = said["date_order"]
        words = (word.strip() for word in said["opening_words"].split(";"))
        return ColumnMapping(
            utc_column=said["utc_column"],
            local_column=said["local_column"],
            zone=said["zone"],
            date_order=DateOrder(order) if order else None,
            event_column=said["event_column"],
            opening_words=tuple(word for word in words if word),
        )


def mapping_initial(mapping: ColumnMapping) -> dict[str, str]:
    """Return a mapping as the form shows it."""
    return {
        "utc_column": mapping.utc_column,
        "local_column": mapping.local_column,
        "zone": mapping.zone,
        "date_order": mapping.date_order or "",
        "event_column": mapping.event_column,
        "opening_words": "; ".join(mapping.opening_words),
    }
