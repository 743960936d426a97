from django.urls import include, path

from core.views import files, gallery, reports

urlpatterns = [
    path("api/v1/", include("config.api")),  # first: at lunch it is what a whole city asks
    path("", include("portal.urls")),
    path("gov/", include("govadmin.urls")),
    path("nursery/", include("institution.urls")),
    path("family/", include("parents.urls")),
    path("health/", include("health.urls")),
    path("quality/", include("quality.urls")),
    path("training/", include("training.urls")),
    path("files/<str:token>/", files.attachment, name="attachment"),
    path("csp-report/", reports.csp_report, name="csp-report"),
    path("kit/", gallery.gallery, name="kit"),
]

handler400 = "core.views.errors.bad_request"
handler403 = "core.views.errors.forbidden"
handler404 = "core.views.errors.not_found"
handler500 = "core.views.errors.server_error"
