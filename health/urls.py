from django.urls import path

from health.views import entry, records, today

app_name = "health"

urlpatterns = [
    path("", today.today, name="today"),
    path("entry/", entry.entry_list, name="entry-list"),
    path("entry/<int:pk>/", entry.entry_record, name="entry-record"),
    path("children/<int:child_id>/check/", records.check_record, name="check-record"),
    path(
        "children/<int:child_id>/measurement/",
        records.measurement_record,
        name="measurement-record",
    ),
]
