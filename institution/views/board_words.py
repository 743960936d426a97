"""The sentences of the board's browser modules, and the reasons it offers for a correction."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

REASONS = [_("Wrong child"), _("Wrong answer"), _("Wrong time")]

WORDS = {
    "sync_ok": _("Synced"),
    "sync_offline": _("Offline"),
    "sync_waiting": _("Offline · {count} waiting"),
    "sync_sending": _("Uploading"),
    "sync_login": _("Please sign in again"),
    "sync_login_waiting": _("Please sign in again · {count} waiting"),
    "not_recorded": _("Not recorded"),
    "expected": _("Not here yet"),
    "told_away": _("Leave: {reason}"),
    "told_from": _("From {time}"),
    "told_until": _("Until {time}"),
    "told_late": _("told late"),
    "confirm_away": _("Confirm leave: {reason}"),
    "all_away": _("Confirm {count} told"),
    "left_at": _("Home {time}"),
    "asleep_for": _("Asleep {minutes} min"),
    "awake": _("Awake"),
    "here_since": _("Here {time}"),
    "count": _("{done}/{present} recorded"),
    "count_asleep": _("{done}/{present} asleep"),
    "count_arrived": _("{done}/{present} here"),
    "count_left": _("{done}/{present} went home"),
    "count_absent": _("{done} absent"),
    "count_photo": _("{done} chosen"),
    "all_answer": _("All: {answer}"),
    "all": pgettext_lazy("button", "Everyone"),
    "all_asleep": _("All asleep"),
    "all_awake": _("All awake"),
    "all_arrived": _("All arrived"),
    "all_left": _("All went home"),
    "nobody": _("Nobody is left to record."),
    "fill_in": _("Please fill in: {field}"),
    "say_why": _("Please say why."),
    "save": _("Save"),
    "save_change": _("Save the change"),
    "send_photos": _("Send"),
    "undo_reason": _("Tapped by mistake"),
    "withdraw": _("Withdraw"),
    "correct": _("Correct"),
    "waiting": _("Waiting to be sent"),
    "by": _("by {name}"),
    "nothing_yet": _("Nothing recorded today."),
    "refused_one": _("{count} entry was not accepted"),
    "dismiss": _("Dismiss"),
    "edit": _("Edit"),
    "others_waiting": _(
        "{count} entries of {name} wait on this device. They are sent when {name} signs in."
    ),
    "clock_wrong": _(
        "The clock of this device is {minutes} minutes wrong. The times of the entries are put right."
    ),
    "sign_out_waiting": _(
        "{count} entries have not been sent yet. They stay on this device and are sent when you sign in again. Sign out?"
    ),
    "photo_failed": _("This picture cannot be read. Please take it again."),
    "storage_failed": _("This browser cannot keep entries on the device. Please stay online."),
    "children": _("{count} children"),
    "take_photo": _("Take or choose photos"),
    "choose_children": _("Tap the children on the photo first."),
    "time": _("Time"),
    "why": _("Why is it changed?"),
    "time_ahead": _("The time is in the future."),
}
