from django.urls import path

from portal.views import home, session, system

app_name = "portal"

urlpatterns = [
    path("", home.home, name="home"),
    path("institutions/", home.institution_search, name="institution-search"),
    path("institutions/<int:pk>/", home.institution_page, name="institution-page"),
    path("sign-in/", session.sign_in, name="sign-in"),
    path("sign-out/", session.sign_out, name="sign-out"),
    path("landing/", session.landing, name="landing"),
    path("posts/", session.posts, name="posts"),
    path("language/", session.language, name="language"),
    path("whoami/", session.whoami, name="whoami"),
    path("system/", system.system, name="system"),
    path("system/retry/", system.delivery_retry, name="delivery-retry"),
    path("healthz", system.healthz, name="healthz"),
]
