from django.urls import include, path

from bench.daily_log.yardstick import OneEventView

urlpatterns = [
    path("yardstick/", OneEventView.as_view({"post": "create"})),
    path("", include("config.urls")),
]
