from django.urls import path

from training.views import certificates, staff

app_name = "training"

urlpatterns = [
    path("", certificates.certificate_list, name="certificate-list"),
    path("staff/<int:pk>/", staff.staff_detail, name="staff-detail"),
    path("staff/<int:pk>/certificates/add/", staff.certificate_add, name="certificate-add"),
    path("staff/<int:pk>/trainings/add/", staff.training_add, name="training-add"),
]
