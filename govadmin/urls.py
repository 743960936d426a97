from django.urls import path

from govadmin.views import audit, history, incidents, institutions, overview

app_name = "gov"

urlpatterns = [
    path("", overview.overview_page, name="overview"),
    path("figures/", overview.overview_figures, name="overview-figures"),
    path("institutions/", institutions.institution_list, name="institution-list"),
    path("institutions/<int:pk>/", institutions.institution_page, name="institution-page"),
    path("incidents/", incidents.incident_list, name="incident-list"),
    path("audit/", audit.audit_list, name="audit-list"),
    path("audit/history/", history.row_history, name="row-history"),
    path("audit/export/", audit.audit_export, name="audit-export"),
    path("jobs/<uuid:pk>/", audit.job_progress, name="job"),
    path("jobs/<uuid:pk>/file/", audit.job_file, name="job-file"),
]
