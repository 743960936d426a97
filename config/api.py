"""Every endpoint of the API, in one list."""

from django.urls import path

from institution.api import daily_log

app_name = "api"

urlpatterns = [
    path("daily-log/", daily_log.DailyLogView.as_view(), name="daily-log"),
    path("children/<int:pk>/timeline/", daily_log.TimelineView.as_view(), name="child-timeline"),
]
