"""Rules of form that forms and API share. Each returns the value as it is stored."""

import datetime as dt
import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError as StdnumError

from core.calendar import today
from core.crypto import holds_number, normalise

BIRTH_CERTIFICATE = re.compile(r"[A-Z][0-9]{9}")
RESIDENT_ID = re.compile(r"[1-9][0-9]{16}[0-9X]")
MOBILE = re.compile(r"1[3-9][0-9]{9}")


def check_mobile(*, phone: str) -> str:
    """A mobile number of mainland China, as eleven digits."""
    number = normalise(phone)
    if MOBILE.fullmatch(number) and phonenumbers.is_valid_number(phonenumbers.parse(number, "CN")):
        return number
    raise ValidationError(_("Enter a mobile number of 11 digits, such as 138 0537 1234."), "mobile")


def check_resident_id(*, number: str, born: dt.date | None = None) -> str:
    """GB 11643. The county is not looked up: new zones have codes that no published list knows yet."""
    text = normalise(number)
    if not RESIDENT_ID.fullmatch(text) or ric.calc_check_digit(text) != text[-1]:
        raise ValidationError(
            _("This resident ID number has a wrong digit. Compare it with the document."),
            "resident_id",
        )
    try:
        birth_date = ric.get_birth_date(text)
    except StdnumError as error:
        raise ValidationError(
            _("The date of birth in this resident ID number does not exist."), "resident_id_date"
        ) from error
    if birth_date > today():
        raise ValidationError(
            _("The date of birth in this resident ID number is in the future."), "resident_id_date"
        )
    if born is not None and birth_date != born:
        raise ValidationError(
            _("The resident ID number and the date of birth do not agree."), "resident_id_mismatch"
        )
    return text


def check_birth_certificate(*, number: str) -> str:
    """A newborn may have no resident ID yet: the medical certificate of birth is a letter and nine digits."""
    text = normalise(number)
    if not BIRTH_CERTIFICATE.fullmatch(text):
        raise ValidationError(
            _("Enter the birth certificate number as a letter and 9 digits, such as Q370123456."),
            "birth_certificate",
        )
    return text


def check_credit_code(*, code: str) -> str:
    """Unified social credit code of an organisation, GB 32100."""
    try:
        return uscc.validate(normalise(code))
    except StdnumError as error:
        raise ValidationError(
            _(
                "This unified social credit code has a wrong character. Compare it with the licence."
            ),
            "credit_code",
        ) from error


def check_words(words: str) -> None:
    """What a list of names is searched for. It is compared in SQL, and kept with an export."""
    if holds_number(words):
        raise ValidationError(
            _("Phone and document numbers cannot be searched here. Enter a name."), "number"
        )
