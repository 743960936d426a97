from django.urls import path

from portal.views import account, home, second_steps, session, start, system

app_name = "portal"

urlpatterns = [
    path("", home.home, name="home"),
    path("institutions/", home.institution_search, name="institution-search"),
    path("institutions/<int:pk>/", home.institution_page, name="institution-page"),
    path("sign-in/", session.sign_in, name="sign-in"),
    path("sign-in/second/", session.sign_in_second, name="sign-in-second"),
    path("sign-in/paused/", session.sign_in_paused, name="sign-in-paused"),
    path("start/", start.start, name="start"),
    path("sign-out/", session.sign_out, name="sign-out"),
    path("account/", account.account, name="account"),
    path("account/app/", account.app_add, name="app-add"),
    path("account/passkey/", account.passkey_add, name="passkey-add"),
    path("account/factors/<int:pk>/remove/", account.factor_remove, name="factor-remove"),
    path("account/recovery-codes/", account.recovery_codes, name="recovery-codes"),
    path("account/sessions/end/", account.sessions_end, name="sessions-end"),
    path("account/sessions/<slug:handle>/end/", account.session_end, name="session-end"),
    path("account/password/", account.password, name="password"),
    path("account/confirm/", account.confirm_page, name="confirm"),
    path("landing/", session.landing, name="landing"),
    path("posts/", session.posts, name="posts"),
    path("language/", session.language, name="language"),
    path("whoami/", session.whoami, name="whoami"),
    path("system/", system.system, name="system"),
    path("system/retry/", system.delivery_retry, name="delivery-retry"),
    path("system/second-steps/", second_steps.factor_reset, name="factor-reset"),
    path("healthz", system.healthz, name="healthz"),
]
