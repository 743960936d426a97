from django import forms
from django.utils.translation import gettext_lazy as _

from quality.enums import Answer


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(label=_("Answer"), choices=Answer)
    note = forms.CharField(
        label=_("Note"),
        max_length=300,
        required=False,
        help_text=_("For “not met”: what is missing and until when it will be put right."),
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 300}),
    )
