from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, clinics, contact points, access and looks."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
