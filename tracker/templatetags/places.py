"""Addresses of the pages that a patient and a caregiver share."""

from typing import Any

from django import template
from django.template import Context
from django.urls import reverse

register = template.Library()


@register.simple_tag(takes_context=True)
def place(context: Context, name: str, **kwargs: Any) -> str:
    """Return the address of a page in the reader's own record or, on a caregiver's page, in that
    of the person helped (`helped_id` in the context)."""
    helped_id = context.get("helped_id")
    return reverse(name, kwargs=kwargs | ({"patient_id": helped_id} if helped_id else {}))
