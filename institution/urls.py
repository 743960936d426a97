from django.urls import path

from institution.views import board, children, kinds, today, worker

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
    path("children/<int:pk>/identity/", children.child_identity, name="child-identity"),
    path("children/<int:pk>/allergies/", children.allergy_new, name="allergy-new"),
    path(
        "children/<int:pk>/allergies/<int:allergy>/remove/",
        children.allergy_remove,
        name="allergy-remove",
    ),
    path("kinds/", kinds.kind_list, name="kind-list"),
    path("kinds/new/", kinds.kind_new, name="kind-new"),
    path("kinds/<int:pk>/active/", kinds.kind_active, name="kind-active"),
    path("sw.js", worker.worker, name="worker"),
    path("offline/", worker.offline, name="offline"),
    path("app.webmanifest", worker.manifest, name="manifest"),
]
