"""Tables of the telling: messages, their lines and attempts, links, and the heartbeat."""

from reminders.models.heartbeat import Heartbeat
from reminders.models.messages import Attempt, Message, Notification, OneTapLink

__all__ = ["Attempt", "Heartbeat", "Message", "Notification", "OneTapLink"]
