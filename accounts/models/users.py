"""People who can sign in."""

from typing import ClassVar
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower

from accounts.models.validators import known_zone, one_line, phone_number


class People(BaseUserManager["User"]):
    """Finds people by the address they sign in with."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person with this address, whatever its letter case."""
        return self.get(email=(username or "").strip().lower())

    def with_email(self, email: str) -> "models.QuerySet[User]":
        """Return the person with this address, or nobody."""
        return self.filter(email=email.strip().lower())


class User(AbstractBaseUser):
    """One human. What they may do follows from memberships, care links and records.

    There is no role column. `is_staff` marks the operator of the installation and
    gives no clinical right at all.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, validators=[one_line])
    zone = models.CharField(max_length=64, default="UTC", validators=[known_zone])
    language = models.CharField(max_length=12, default="en")
    phone = models.CharField(max_length=32, blank=True, default="", validators=[phone_number])
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects: ClassVar[People] = People()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = (
            models.UniqueConstraint(Lower("email"), name="user_email_unique_whatever_case"),
            models.CheckConstraint(
                condition=models.Q(email=Lower(F("email"))), name="user_email_is_lower_case"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        """Return the name as the person wrote it."""
        return self.name

    def get_short_name(self) -> str:
        """Return the first word of the name."""
        return self.name.partition(" ")[0]
