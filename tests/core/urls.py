"""The addresses of core alone, so that its tests need no other app."""

from django.http import HttpResponseNotFound
from django.urls import path

from core.views import attachments_api, files


def not_found(_request, exception):
    return HttpResponseNotFound(str(exception))


handler404 = not_found
urlpatterns = [
    path("files/<str:token>/", files.attachment, name="attachment"),
    path("api/v1/attachments/", attachments_api.AttachmentUpload.as_view(), name="attachments"),
]
