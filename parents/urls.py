import datetime as dt

from django.urls import path, register_converter

from parents.views import app, day


class DayConverter:
    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> dt.date:
        return dt.date.fromisoformat(value)

    def to_url(self, value: dt.date) -> str:
        return value.isoformat()


register_converter(DayConverter, "day")

app_name = "family"

urlpatterns = [
    path("", day.first, name="day"),
    path("<int:pk>/", day.child_day, name="child-day"),
    path("<int:pk>/changes/", day.changes, name="changes"),
    path("<int:pk>/<day:day>/", day.child_day, name="child-past-day"),
    path("app.webmanifest", app.manifest, name="manifest"),
    path("worker.js", app.worker, name="worker"),
]
