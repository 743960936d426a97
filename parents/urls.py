from django.urls import path

from parents.views import app, day

app_name = "family"

urlpatterns = [
    path("", day.first, name="day"),
    path("<int:pk>/", day.child_day, name="child-day"),
    path("<int:pk>/changes/", day.changes, name="changes"),
    path("<int:pk>/<day:day>/", day.child_day, name="child-past-day"),
    path("app.webmanifest", app.manifest, name="manifest"),
    path("worker.js", app.worker, name="worker"),
]
