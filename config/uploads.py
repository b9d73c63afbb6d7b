"""No form of ours takes a file, so none that is sent is read, let alone kept on the disk."""

from __future__ import annotations

from typing import Any, Never

from django.core.files.uploadhandler import FileUploadHandler, StopUpload


class NoFiles(FileUploadHandler):
    """Ends the reading of a form where a file begins; the fields before it are there."""

    def new_file(self, *_args: Any, **_options: Any) -> Never:
        """Read nothing more from this sender."""
        raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep nothing; never asked for, because no file begins."""

    def file_complete(self, file_size: int) -> None:
        """Give no file; never asked for, because no file begins."""
