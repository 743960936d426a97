from django.urls import path

from institution.views import board, children, devices, kinds, pair, pin, tablet, today, worker

app_name = "nursery"

urlpatterns = [
    path("today/", today.today_page, name="today"),
    path("board/", board.board, name="board"),
    path("board/<int:pk>/", board.board, name="class-board"),
    path("board/<int:pk>/state/", board.board_state, name="board-state"),
    path("children/", children.child_list, name="child-list"),
    path("children/new/", children.child_new, name="child-new"),
    path("children/<int:pk>/", children.child_page, name="child-page"),
    path("children/<int:pk>/edit/", children.child_edit, name="child-edit"),
    path("children/<int:pk>/identity/", children.child_unmask, name="child-identity"),
    path(
        "children/<int:pk>/guardians/<int:guardian>/phone/",
        children.child_unmask,
        name="guardian-phone",
    ),
    path("children/<int:pk>/allergies/", children.allergy_new, name="allergy-new"),
    path(
        "children/<int:pk>/allergies/<int:allergy>/remove/",
        children.allergy_remove,
        name="allergy-remove",
    ),
    path("kinds/", kinds.kind_list, name="kind-list"),
    path("kinds/new/", kinds.kind_new, name="kind-new"),
    path("kinds/<int:pk>/active/", kinds.kind_active, name="kind-active"),
    path("devices/", devices.device_list, name="device-list"),
    path("devices/tablets/new/", devices.tablet_new, name="tablet-new"),
    path("devices/pairings/<uuid:pk>/", devices.pairing_page, name="pairing"),
    path("devices/machines/new/", devices.machine_new, name="machine-new"),
    path("devices/<int:pk>/key/", devices.machine_key, name="machine-key"),
    path("devices/<int:pk>/old-key/", devices.machine_old_key, name="machine-old-key"),
    path("devices/<int:pk>/revoke/", devices.device_revoke, name="device-revoke"),
    path("devices/pins/<int:pk>/reset/", devices.pin_reset, name="pin-reset"),
    path("devices/pins/<int:pk>/unlock/", devices.pin_unlock, name="pin-unlock"),
    path("devices/people/<int:pk>/second-step/", devices.factor_reset, name="factor-reset"),
    path("pin/", pin.own_pin, name="pin"),
    path("pair/", pair.pair, name="pair"),
    path("pair/wait/", pair.waiting, name="pair-wait"),
    path("pair/finish/", pair.finish, name="pair-finish"),
    path("tablet/", tablet.waiting, name="tablet"),
    path("tablet/sign-in/", tablet.sign_in, name="tablet-sign-in"),
    path("tablet/state/", tablet.state, name="tablet-state"),
    path("tablet/active/", tablet.active, name="tablet-active"),
    path("sw.js", worker.worker, name="worker"),
    path("offline/", worker.offline, name="offline"),
    path("app.webmanifest", worker.manifest, name="manifest"),
]
