from django.urls import path

from parents.views import app, day, incidents, menu, messages, notices, pickup, plans, readers

app_name = "family"

urlpatterns = [
    path("", day.first, name="day"),
    path("<int:pk>/", day.child_day, name="child-day"),
    path("<int:pk>/changes/", day.changes, name="changes"),
    path("<int:pk>/<day:day>/", day.child_day, name="child-past-day"),
    path("readers/", readers.first, name="readers"),
    path("readers/<int:pk>/", readers.child_readers, name="child-readers"),
    path("menu/", menu.first, name="menu"),
    path("menu/<int:pk>/", menu.child_menu, name="child-menu"),
    path("plans/", plans.first, name="plans"),
    path("plans/<int:pk>/", plans.child_plans, name="child-plans"),
    path("plans/<int:pk>/<day:day>/", plans.plan_day, name="plan-day"),
    path("plans/<int:pk>/<day:day>/clear/", plans.plan_clear, name="plan-clear"),
    path("incidents/<int:pk>/", incidents.child_incidents, name="child-incidents"),
    path("incidents/notices/<int:pk>/", incidents.incident, name="incident"),
    path(
        "incidents/notices/<int:pk>/acknowledge/",
        incidents.incident_acknowledge,
        name="incident-acknowledge",
    ),
    path("pickup/", pickup.first, name="pickup"),
    path("pickup/<int:pk>/", pickup.child_pickup, name="child-pickup"),
    path("pickup/<int:pk>/persons/add/", pickup.person_add, name="pickup-person-add"),
    path("pickup/<int:pk>/persons/<int:person>/end/", pickup.person_end, name="pickup-person-end"),
    path("pickup/<int:pk>/pass/", pickup.pass_make, name="pass-make"),
    path("pickup/questions/<int:pk>/", pickup.question_answer, name="pickup-answer"),
    path("pickup/passes/<uuid:bundle>/", pickup.pass_show, name="pass"),
    path("pickup/passes/<uuid:bundle>/end/", pickup.pass_end, name="pass-end"),
    path("shared-pass/<str:token>/", pickup.pass_shared, name="shared-pass"),
    path("messages/", messages.first, name="messages"),
    path("messages/<int:pk>/", messages.thread, name="thread"),
    path("messages/<int:pk>/send/", messages.send, name="message-send"),
    path("messages/<int:pk>/read/", messages.read, name="thread-read"),
    path("notices/", notices.notice_list, name="notices"),
    path("notices/<int:pk>/read/", notices.read, name="notice-read"),
    path("app.webmanifest", app.manifest, name="manifest"),
    path("worker.js", app.worker, name="worker"),
]
