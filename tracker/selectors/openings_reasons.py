"""Why an imported opening is kept and does not count: kept in the source language, word for word.

`tracker.selectors.reasons` puts them into the reader's language.
"""

from django.utils.translation import gettext_noop

OPENED_BESIDE = gettext_noop("An opening of a dose that a person logged: kept, not counted")
OPENED_TWICE = gettext_noop("Within ten minutes of another opening: counted as one")
