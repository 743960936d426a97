from django.urls import path

from parents.views import app, day, messages, notices, readers

app_name = "family"

urlpatterns = [
    path("", day.first, name="day"),
    path("<int:pk>/", day.child_day, name="child-day"),
    path("<int:pk>/changes/", day.changes, name="changes"),
    path("<int:pk>/<day:day>/", day.child_day, name="child-past-day"),
    path("readers/", readers.first, name="readers"),
    path("readers/<int:pk>/", readers.child_readers, name="child-readers"),
    path("messages/", messages.first, name="messages"),
    path("messages/<int:pk>/", messages.thread, name="thread"),
    path("messages/<int:pk>/send/", messages.send, name="message-send"),
    path("messages/<int:pk>/read/", messages.read, name="thread-read"),
    path("notices/", notices.notice_list, name="notices"),
    path("notices/<int:pk>/read/", notices.read, name="notice-read"),
    path("app.webmanifest", app.manifest, name="manifest"),
    path("worker.js", app.worker, name="worker"),
]
