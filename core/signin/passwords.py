"""Passwords that are too short, or made of the words that everybody here would try first (local_words.txt, longer ones first)."""

import re
from pathlib import Path

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

WORDS = (Path(__file__).parent / "local_words.txt").read_text().split()
REST = 6  # so many other signs, none of them twice in a row, make it somebody's own


class LengthValidator(MinimumLengthValidator):
    """Django's, whose Chinese sentence belongs to an older English one."""

    def get_error_message(self) -> str:
        return _("At least %(number)d characters, please.") % {"number": self.min_length}


class LocalWordsValidator:
    """Refuses what is little more than such words, digits in a row, one sign again and again, and years."""

    def validate(self, password: str, user=None) -> None:
        rest = password.casefold()
        for word in WORDS:
            rest = rest.replace(word, "")
        rest = re.sub(r"(?:19|20)\d\d|0?123\d*", "", rest)
        rest = re.sub(r"(.)\1+", r"\1", rest)
        if len(rest) < REST:
            raise ValidationError(
                _("This is little more than words that everybody here would try. Add your own."),
                "local_words",
            )

    def get_help_text(self) -> str:
        return ""
