from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from core.models import User


class SignInForm(AuthenticationForm):
    username = forms.CharField(
        label=_("User name or mobile phone"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autofocus": True, "class": "input"}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "input"}),
    )
    error_messages = {
        "invalid_login": _(
            "The user name or the password is not right. Please check both and try again."
        ),
        "inactive": _("This account is closed. Please ask your administrator."),
    }


class PersonForm(forms.Form):
    person = forms.CharField(
        label=_("User name or mobile phone"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "input"}),
    )


class NewPasswordForm(forms.Form):
    new_password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=200,
        help_text=_("At least 12 characters. A sentence is easier to remember than signs."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "input"}),
    )
    again = forms.CharField(
        label=_("New password once more"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "input"}),
    )

    def __init__(self, user: User, *args, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_new_password(self) -> str:
        password = self.cleaned_data["new_password"]
        if self.user.check_password(password):
            raise forms.ValidationError(_("This is the password you have now."), "same")
        validate_password(password, self.user)
        return password

    def clean(self) -> dict:
        given = super().clean() or self.cleaned_data
        if "new_password" in given and given["new_password"] != given.get("again"):
            self.add_error("again", _("The two do not agree. Please type it once more."))
        return given


class InvitationForm(forms.Form):
    invitation = forms.CharField(
        label=_("Code of the invitation"),
        max_length=64,
        help_text=_(
            "Sixteen letters and digits. It fills itself in where you came by the QR code or the link."
        ),
        widget=forms.TextInput(
            attrs={
                "autocapitalize": "characters",
                "autocomplete": "off",
                "class": "input num code",
                "data-from-address": True,
                "spellcheck": "false",
            }
        ),
    )


class AppForm(forms.Form):
    code = forms.CharField(
        label=_("Six digits of the app"),
        max_length=12,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "class": "input num code",
            }
        ),
    )


class PasskeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        help_text=_("So that you recognise it: the phone, the computer, the key on your ring."),
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    passkey = forms.CharField(max_length=16_384, widget=forms.HiddenInput)
