"""Settings of the ways on which people are told: e-mail, text messages, web push."""

import binascii
from base64 import urlsafe_b64encode

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from config import env

# --- E-mail: an SMTP server, or a provider's HTTP API through django-anymail

SMTP = "smtp"
EMAIL_PROVIDERS = (
    SMTP, "brevo", "mailersend", "mailgun", "mailjet", "mailtrap", "mandrill", "postal", "postmark",
    "resend", "scaleway", "sendgrid", "sparkpost", "unisender_go",
)  # fmt: skip
EMAIL_PROVIDER = env.choice("EMAIL_PROVIDER", SMTP, among=dict.fromkeys(EMAIL_PROVIDERS))
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_PROVIDER == SMTP
    else f"anymail.backends.{EMAIL_PROVIDER}.EmailBackend"
)
EMAIL_SECURITY = env.choice(
    "EMAIL_SECURITY", "none", among={"none": None, "starttls": None, "tls": None}
)
EMAIL_HOST = env.text("EMAIL_HOST", "127.0.0.1")
EMAIL_PORT = env.integer("EMAIL_PORT", 25, minimum=1, maximum=65535)
EMAIL_HOST_USER = env.text("EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_PASSWORD", "")
EMAIL_USE_TLS = EMAIL_SECURITY == "starttls"
EMAIL_USE_SSL = EMAIL_SECURITY == "tls"
EMAIL_TIMEOUT = 10
EMAIL_SUBJECT_PREFIX = ""
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", "Stepdown <stepdown@localhost>")

# What the provider needs, as django-anymail names it, without "ANYMAIL_": POSTMARK_SERVER_TOKEN.
EMAIL_WEBHOOK_SECRET = env.text("ANYMAIL_WEBHOOK_SECRET", "")
ANYMAIL: dict[str, object] = {
    **env.prefixed("ANYMAIL_"),
    "WEBHOOK_SECRET": EMAIL_WEBHOOK_SECRET,
    "REQUESTS_TIMEOUT": (5, 10),
}

# --- Text messages: off until an account is given

SMS_ACCOUNT = env.text("SMS_ACCOUNT", "")
SMS_TOKEN = env.text("SMS_TOKEN", None if SMS_ACCOUNT else "")
SMS_FROM = env.text("SMS_FROM", None if SMS_ACCOUNT else "")
SMS_API_URL = env.web_url("SMS_API_URL", "https://api.twilio.com")

# --- Web push: off until a key is given


def _vapid_public(private_key: str) -> str:
    """Return the public half, as a browser wants it when it subscribes."""
    try:
        public = Vapid02.from_string(private_key).public_key
    except (ValueError, TypeError, binascii.Error):
        raise env.Misconfigured("VAPID_PRIVATE_KEY", "is not a P-256 key in base64url.") from None
    point: bytes = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode()


VAPID_PRIVATE_KEY = env.text("VAPID_PRIVATE_KEY", "")
VAPID_PUBLIC_KEY = _vapid_public(VAPID_PRIVATE_KEY) if VAPID_PRIVATE_KEY else ""
VAPID_SUBJECT = env.text("VAPID_SUBJECT", None if VAPID_PRIVATE_KEY else "")
if VAPID_SUBJECT and not VAPID_SUBJECT.startswith(("mailto:", "https://")):
    raise env.Misconfigured("VAPID_SUBJECT", "must begin with mailto: or https://.")

# --- What may be reached, and which kinds of contact points count

# Hosts of the operator's own providers that may lie in our own network (a gateway beside us).
OUTGOING_INSIDE_HOSTS = env.words("OUTGOING_INSIDE_HOSTS")
# Of push services, whose addresses come from browsers: none, and no variable opens it.
PUSH_INSIDE_HOSTS: list[str] = []
OUTGOING_CA_FILE: str | None = None

CONTACT_KINDS = [
    "email",
    *(["sms"] if SMS_ACCOUNT else []),
    *(["push"] if VAPID_PRIVATE_KEY else []),
]
