"""What tests of pages share."""

import re


def without_tokens(page: str) -> str:
    """Return a page without the secrets that differ at every visit, so that two can be compared."""
    return re.sub(r'(name="csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]*"', "", page)
