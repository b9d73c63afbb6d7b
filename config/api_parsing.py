"""Reading a body: JSON of a bounded size, in UTF-8, with nothing in it that cannot be stored."""

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

DEEPEST = 20


class TooLarge(APIException):
    """The body is larger than anything this API reads."""

    status_code = 413
    default_detail = "The body is too large."
    default_code = "too_large"


class StrictJSONParser(BaseParser):
    """Reads a body that has one meaning only.

    Refused: more than DATA_UPLOAD_MAX_MEMORY_SIZE bytes (413), another charset than UTF-8, NaN,
    a key given twice, nesting without end, NUL and half surrogates (400).
    """

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the JSON value, or raise ParseError or TooLarge."""
        del media_type, parser_context
        limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        sent = stream.read(limit + 1)
        if len(sent) > limit:
            raise TooLarge
        try:
            value = json.loads(
                sent.decode("utf-8"), object_pairs_hook=_each_key_once, parse_constant=_no_constant
            )
        except (ValueError, RecursionError) as error:
            raise ParseError(_("This is not JSON that can be read.")) from error
        if any("\0" in text or not _is_unicode(text) for text in _texts(value)):
            raise ParseError(_("The body has characters that cannot be stored."))
        return value


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A key is given twice.")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON.")


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= each <= "\udfff" for each in text)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value, keys included; ParseError when it is nested too deep."""
    level = [value]
    for _depth in range(DEEPEST):
        deeper: list[Any] = []
        for each in level:
            if isinstance(each, str):
                yield each
            elif isinstance(each, dict):
                deeper += [*each, *each.values()]
            elif isinstance(each, list):
                deeper += each
        level = deeper
    if level:
        raise ParseError(_("The body is nested too deep."))
