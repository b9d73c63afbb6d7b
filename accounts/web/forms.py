"""The forms of people, contact points and caregivers."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, User
from accounts.models.validators import known_zone, no_link, one_line, phone_number
from accounts.web.zones import zone_choices


class NameField(forms.CharField):
    """A person's or a clinic's name: one line, as they write it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=120, validators=[one_line, no_link], **options)
        self.widget.attrs.update({"autocomplete": "off", "dir": "auto"})


class PhoneField(forms.CharField):
    """A number that can be dialled, kept as it was typed."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(max_length=32, validators=[phone_number], **options)
        self.widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off", "maxlength": 32})


class MailField(forms.EmailField):
    """An e-mail address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)
        self.widget.attrs.update({"autocomplete": "off"})


class ZoneSelect(forms.Select):
    """The list of places, plus the stored or typed name where the list leaves that out."""

    def optgroups(
        self, name: str, value: list[str], attrs: dict[str, Any] | None = None
    ) -> list[Any]:
        """Return the places by region; nothing that is stored is lost by showing it."""
        listed = {place for _region, places in zone_choices()[1:-1] for place, _label in places}
        missing = [each for each in value if each and each != "UTC" and each not in listed]
        self.choices = [*zone_choices(), *((each, each) for each in missing)]
        return super().optgroups(name, value, attrs)


class ZoneField(forms.CharField):
    """A time zone out of the list; nothing is chosen in advance."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validators=[known_zone], **options)
        self.widget = ZoneSelect()
        self.widget.is_required = self.required


def language_field() -> forms.ChoiceField:
    """Return the choice of the language in which somebody is written to."""
    return forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


def time_field(**options: Any) -> forms.TimeField:
    """Return a wall time, typed or picked."""
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(widget=widget, required=False, **options)


class TakeInForm(forms.Form):
    """Everything that is needed to take a patient in."""

    name = NameField(label=_("Name"))
    email = MailField(
        label=_("E-mail"), help_text=_("The link goes there. It is also what they sign in with.")
    )
    zone = ZoneField(
        label=_("Time zone"),
        help_text=_("Where the patient lives. Dose times follow it."),
        error_messages={
            "required": _("Empty. Dose times follow it, so nothing was guessed."),
        },
    )
    language = language_field()
    phone = PhoneField(label=_("Phone, if there is one"))
    born_on = forms.DateField(
        label=_("Date of birth, if it helps"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    clinic_number = forms.CharField(
        label=_("Your number for the patient, if any"),
        required=False,
        max_length=40,
        validators=[one_line],
    )

    def __init__(self, *args: Any, clinics: Sequence[Clinic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinics = {str(clinic.pk): clinic for clinic in clinics}
        if len(clinics) > 1:
            choices = [("", ""), *((key, clinic.name) for key, clinic in self.clinics.items())]
            self.fields["clinic"] = forms.ChoiceField(label=_("Clinic"), choices=choices)

    def answers(self) -> dict[str, Any]:
        """Return what was typed, with the clinic as a row."""
        typed = dict(self.cleaned_data)
        key = typed.pop("clinic", None) or next(iter(self.clinics))
        return typed | {"clinic": self.clinics[key]}


class ScopeForm(forms.Form):
    """How far a caregiver may go beside seeing."""

    is_alerted = forms.BooleanField(
        label=_("Is told when something may be wrong"),
        help_text=_("When a dose has no log, or a warning sign is reported."),
        required=False,
        initial=True,
    )
    may_log = forms.BooleanField(
        label=_("May log doses"),
        help_text=_("Every entry says who made it."),
        required=False,
    )


class CaregiverForm(ScopeForm):
    """Whom to invite as a caregiver, and how far they may go."""

    field_order = ("name", "email", "relation", "is_alerted", "may_log")

    name = NameField(label=_("Name"))
    email = MailField(label=_("E-mail"))
    relation = forms.CharField(
        label=_("Who they are, such as “sister”, if you like"),
        required=False,
        max_length=80,
        validators=[one_line],
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )


class JoinForm(forms.Form):
    """Name and password of somebody who joins."""

    name = NameField(label=_("Your name"))
    password = forms.CharField(
        label=_("Choose a password"),
        help_text=_("Ten characters or more. A few unrelated words are good."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class PersonForm(forms.Form):
    """How somebody is called and written to."""

    name = NameField(label=_("Name"))
    zone = ZoneField(
        label=_("Your time zone"),
        help_text=_("For quiet hours and the times in messages. It moves no dose."),
    )
    language = language_field()
    phone = PhoneField(label=_("Phone, so that others can call you"))

    @classmethod
    def showing(cls, user: User) -> "PersonForm":
        """Return the form as things stand."""
        names = ("name", "zone", "language", "phone")
        return cls(initial={name: getattr(user, name) for name in names})


class AddressForm(forms.Form):
    """One more address to reach somebody at."""

    address = MailField(
        label=_("Another e-mail address"),
        help_text=_("We mail a link there. Nothing else goes there until it has been opened."),
    )


class NumberForm(forms.Form):
    """One more telephone number to send texts to."""

    address = forms.CharField(
        label=_("A telephone number for texts"),
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def __init__(self, *args: Any, countries: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "number_%s"} | kwargs)
        self.fields["address"].help_text = (
            _("We send a link there. Nothing else goes there until it has been opened.")
            if len(countries) == 1
            else _("With the country code, as +44 7700 900412. We send a link there first.")
        )


class QuietHoursForm(forms.Form):
    """From when until when nothing but an emergency goes to an address."""

    quiet_from_time = time_field(label=_("Quiet from"))
    quiet_until_time = time_field(label=_("until"))
