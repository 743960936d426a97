from django.urls import path

from quality.views import standard

app_name = "quality"

urlpatterns = [
    path("", standard.standard, name="standard"),
    path("items/<int:item_id>/answer/", standard.self_check_answer, name="self-check-answer"),
]
