"""The one list of channels, by the kind of contact point that each serves."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from accounts.models.contact_points import EMAIL, PUSH, SMS
from reminders.channels.base import Channel
from reminders.channels.email import EmailChannel
from reminders.channels.sms import SmsChannel
from reminders.channels.webpush import WebPushChannel

CHANNELS: Mapping[str, Channel] = MappingProxyType(
    {EMAIL: EmailChannel(), SMS: SmsChannel(), PUSH: WebPushChannel()}
)
