"""Every endpoint of the API, in one list."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSetMixin

from core.api import AnyActor
from core.views.attachments_api import AttachmentUpload
from core.views.devices_api import HeartbeatView
from govadmin.api import API_ROUTES as GOVADMIN
from health.api import API_ROUTES as HEALTH
from institution.api import (
    absences,
    admissions,
    alerts,
    calendar,
    classes,
    daily_log,
    food,
    incidents,
    ledgers,
    messages,
    notices,
    nursery,
    pickup,
    plans,
)
from portal import api as portal
from quality.api import API_ROUTES as QUALITY
from training.api import API_ROUTES as TRAINING

app_name = "api"

ROUTES: list[tuple[str, type[ViewSetMixin], str]] = [
    ("regions", portal.RegionViewSet, "region"),
    ("jobs", portal.JobViewSet, "job"),
    ("institutions", nursery.InstitutionViewSet, "institution"),
    ("fees", nursery.ServiceFeeViewSet, "fee"),
    ("licences", nursery.LicenceViewSet, "licence"),
    ("alerts", alerts.AlertViewSet, "alert"),
    ("threads", messages.ThreadViewSet, "thread"),
    ("messages", messages.MessageViewSet, "message"),
    ("notices", notices.NoticeViewSet, "notice"),
    ("closures", calendar.ClosureViewSet, "closure"),
    ("ingredients", food.IngredientViewSet, "ingredient"),
    ("dishes", food.DishViewSet, "dish"),
    ("menus", food.MenuViewSet, "menu"),
    ("menu-items", food.MenuItemViewSet, "menu-item"),
    ("diet-needs", food.DietNeedViewSet, "diet-need"),
    ("substitutes", food.SubstituteViewSet, "substitute"),
    ("food-samples", food.FoodSampleViewSet, "food-sample"),
    ("meal-entries", food.MealEntryViewSet, "meal-entry"),
    ("meal-months", food.MealMonthViewSet, "meal-month"),
    ("makeup-days", calendar.MakeupDayViewSet, "makeup-day"),
    ("classes", classes.ClassGroupViewSet, "class"),
    ("class-capacities", classes.ClassCapacityViewSet, "class-capacity"),
    ("rooms", classes.RoomViewSet, "room"),
    ("room-uses", classes.RoomUseViewSet, "room-use"),
    ("children", nursery.ChildViewSet, "child"),
    ("enrolments", nursery.EnrolmentViewSet, "enrolment"),
    ("admissions/applications", admissions.ApplicationViewSet, "application"),
    ("admissions/visits", admissions.VisitSlotViewSet, "visit-slot"),
    ("admissions/offers", admissions.OfferViewSet, "offer"),
    ("admissions/contracts", admissions.ContractViewSet, "contract"),
    ("attendance", nursery.AttendanceViewSet, "attendance"),
    ("pickup-persons", pickup.PickupPersonViewSet, "pickup-person"),
    ("passes", pickup.PickupPassViewSet, "pass"),
    ("planned-days", plans.PlannedDayViewSet, "planned-day"),
    ("absence-cases", absences.AbsenceCaseViewSet, "absence-case"),
    ("absence-notes", absences.AbsenceNoteViewSet, "absence-note"),
    ("ledger-schedules", ledgers.LedgerScheduleViewSet, "ledger-schedule"),
    ("ledger-entries", ledgers.LedgerEntryViewSet, "ledger-entry"),
    ("incidents", incidents.IncidentViewSet, "incident"),
    ("incident-notices", incidents.IncidentNoticeViewSet, "incident-notice"),
    ("entry-kinds", nursery.EntryKindViewSet, "entry-kind"),
    *HEALTH,
    *QUALITY,
    *TRAINING,
    *GOVADMIN,
]

router = SimpleRouter()
for prefix, viewset, name in ROUTES:
    router.register(prefix, viewset, name)

urlpatterns = [
    path("daily-log/", daily_log.DailyLogView.as_view(), name="daily-log"),
    path("token/", portal.TokenView.as_view(), name="token"),
    path("step-up/", portal.StepUpView.as_view(), name="step-up"),
    path("me/", portal.MeView.as_view(), name="me"),
    path("schema/", SpectacularAPIView.as_view(permission_classes=[AnyActor]), name="schema"),
    path("attachments/", AttachmentUpload.as_view(), name="attachment-list"),
    path("devices/heartbeat/", HeartbeatView.as_view(), name="device-heartbeat"),
    path("children/<int:pk>/timeline/", daily_log.TimelineView.as_view(), name="child-timeline"),
    *router.urls,
]
