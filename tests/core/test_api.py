import base64
import json
import time

import pytest
from django.db import IntegrityError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from core import actors
from core.api import too_deep
from core.models import Attachment, User
from core.permissions import Role
from core.scoping import Actor
from core.signin import tokens

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.api_urls")]


def user_of(actor: Actor) -> User:
    return User.objects.get(pk=actor.user_id)


def session(actor: Actor, **options) -> Client:
    client = Client(**options)
    client.force_login(user_of(actor), "core.auth.NameOrPhoneBackend")
    return client


@pytest.fixture
def api(carer) -> Client:
    return session(carer)


def post(client, body, content_type="application/json"):
    return client.post("/echo/", body, content_type=content_type)


class TestWhoMay:
    def test_permission_of_the_view_opens_it(self, api):
        assert post(api, "{}").status_code == 200

    def test_role_without_the_permission_is_refused(self, acting):
        guardian = acting("guardian", Role.GUARDIAN, child_ids=frozenset({1}))

        response = post(session(guardian), "{}")

        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")

    def test_view_that_declares_nothing_is_closed(self, api):
        assert api.get("/undeclared/").status_code == 403

    def test_action_that_declares_nothing_is_closed(self, api):
        assert api.get("/restricted/").status_code == 200
        assert api.get("/restricted/3f2504e0-4f89-41d3-9a0c-0305e82c3301/").status_code == 403

    def test_methods_may_need_different_permissions(self, acting, api):
        clerk = session(acting("clerk", Role.CLERK, institution_id=1))

        answers = [
            [client.generic(method, "/by-method/").status_code for method in ("GET", "POST", "PUT")]
            for client in (api, clerk)
        ]

        assert answers == [[200, 403, 403], [200, 200, 403]]

    def test_method_that_is_not_there_is_405(self, api):
        response = api.delete("/echo/")

        assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")

    def test_nobody_signed_in_is_401(self, client):
        for path in ("/echo/", "/who/", "/undeclared/", "/attachments/"):
            response = client.get(path)

            assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
            assert response["WWW-Authenticate"] == "Token"

    def test_user_without_a_post_is_refused(self, api, posts):
        posts.clear()

        assert api.get("/who/").status_code == 403
        assert post(api, "{}").status_code == 403

    def test_session_needs_the_csrf_token(self, carer):
        client = session(carer, enforce_csrf_checks=True)

        response = post(client, "{}")

        assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")


class TestToken:
    @pytest.fixture
    def token(self, carer) -> str:
        return tokens.issue(user=user_of(carer))

    def client(self, token, **headers) -> APIClient:
        return APIClient(headers={"Authorization": f"Token {token}"} | headers)

    def test_token_acts_as_its_user(self, token, carer):
        response = self.client(token).get("/who/")

        assert response.json() == {"user": carer.user_id, "role": "carer", "post": ""}
        assert post(self.client(token), "{}").status_code == 200

    def test_post_is_chosen_by_a_header(self, token, carer, monkeypatch):
        seen = []

        def resolver(user, post=""):
            seen.append(post)
            return Actor(user_id=user.pk, role=Role.CARER, post=post) if post == "m7" else None

        monkeypatch.setattr(actors, "_resolvers", [resolver])

        assert self.client(token, **{"X-Post": "m7"}).get("/who/").json()["post"] == "m7"
        assert self.client(token, **{"X-Post": "m8"}).get("/who/").status_code == 403
        assert "m8" in seen

    def test_actor_is_resolved_once(self, token, django_assert_num_queries, monkeypatch, carer):
        calls = []
        monkeypatch.setattr(
            actors, "_resolvers", [lambda user, post="": calls.append(user.pk) or carer]
        )

        with django_assert_num_queries(2):  # the token with its user, the list
            self.client(token).get("/attachments/")

        assert calls == [carer.user_id]

    @pytest.mark.parametrize(
        ("header", "code"),
        [
            ("Token nonsense", "wrong_token"),
            ("Token", "authentication_failed"),
            ("Token a b", "authentication_failed"),
        ],
    )
    def test_wrong_token_is_401(self, header, code):
        response = APIClient(headers={"Authorization": header}).get("/who/")

        assert (response.status_code, response.json()["code"]) == (401, code)

    def test_closed_account_is_401(self, token):
        User.objects.update(is_active=False)

        assert self.client(token).get("/who/").status_code == 401


NESTED = b"[" * 100_000 + b"]" * 100_000
REFUSED_BODIES = [
    (b"{", "not_json"),
    (b" ", "not_json"),
    (b"{'a': 1}", "not_json"),
    (b'{"a": 1,}', "not_json"),
    (b'"a\nb"', "not_json"),
    (b'"a\x00b"', "not_json"),
    (b"[1] [2]", "not_json"),
    (b"{}\x00", "not_json"),
    (b'{"a": "\xff\xfe"}', "not_utf8"),
    ('{"a": "午餐"}'.encode("gbk"), "not_utf8"),
    ('{"a": 1}'.encode("utf-16"), "not_utf8"),
    (NESTED, "too_deep"),
    (b'{"a":' * 33 + b"1" + b"}" * 33, "too_deep"),
    (b"[" * 100_000, "too_deep"),
    (b"[1, NaN]", "not_a_number"),
    (b"-Infinity", "not_a_number"),
    (b"1e999", "number_out_of_range"),
    (b"-1e999", "number_out_of_range"),
    (b"9223372036854775808", "number_out_of_range"),
    (b"1" + b"0" * 5000, "number_out_of_range"),
    (rb'{"a": ["b\u0000"]}', "nul_character"),
    (rb'{"a\u0000": 1}', "nul_character"),
    (rb'"\ud800"', "bad_unicode"),
    (rb'["\udc00\ud800"]', "bad_unicode"),
]


class TestStrictJSON:
    @pytest.mark.parametrize(
        "body",
        [
            {"entries": [{"amount": 1.5, "text": "午餐 🍚"}, None, True]},
            [9223372036854775807, -9223372036854775807],
            {"a": "[" * 500},
            {"a": '\\"[[[' * 50},
            {"a": r"\u0000 written out"},
        ],
    )
    def test_good_body_arrives_as_sent(self, api, body):
        assert post(api, body).json() == {"got": body}

    def test_byte_order_mark_is_let_pass(self, api):
        assert post(api, b"\xef\xbb\xbf[1]").json() == {"got": [1]}

    def test_depth_of_32_is_let_pass(self, api):
        assert post(api, b"[" * 32 + b"]" * 32).status_code == 200

    @pytest.mark.parametrize(("body", "code"), REFUSED_BODIES)
    def test_bad_body_is_refused_with_a_code(self, api, body, code):
        response = post(api, body)

        assert (response.status_code, response.json()["code"]) == (400, code)
        assert response.json()["message"]
        assert response.json()["fields"] == {}

    def test_body_over_the_limit_is_refused(self, api, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        just_fits = b'"' + b"a" * 998 + b'"'

        assert post(api, just_fits).status_code == 200
        response = post(api, just_fits[:-1] + b'a"')
        assert (response.status_code, response.json()["code"]) == (400, "body_too_large")

    def test_other_charset_is_read_as_utf8(self, api):
        response = api.generic("POST", "/echo/", b"[1]", "application/json; charset=bz2_codec")

        assert response.json() == {"got": [1]}

    def test_other_media_type_is_refused(self, api):
        response = post(api, "a=1", "application/x-www-form-urlencoded")

        assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")

    @pytest.mark.parametrize(
        "body",
        [
            b'"' * 2_000_001,
            b'\\"' * 1_000_000,
            b'"' + b"\\" * 2_000_000,
            b"[]," * 666_666,
            b'"[' * 10**6,
        ],
    )
    def test_depth_is_scanned_in_time_that_grows_with_the_body(self, body):
        body = b"[]" * 20 + body
        started = time.perf_counter()

        too_deep(body)

        assert time.perf_counter() - started < 15


def depth(value) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


JSON = st.recursive(
    st.none() | st.text(alphabet='a"\\[]{}') | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='"\\[{'), inner, max_size=3)
    ),
    max_leaves=30,
)


@given(JSON, st.integers(min_value=0, max_value=6))
def test_too_deep_agrees_with_the_parsed_depth(value, limit):
    assert too_deep(json.dumps(value).encode(), limit) == (depth(value) > limit)


@pytest.fixture
def many(carer) -> list[Attachment]:
    return Attachment.objects.bulk_create(
        Attachment(
            institution_id=1 + (number % 2),
            owner_id=carer.user_id,
            sha256=f"{number}",
            width=1,
            height=1,
            size_bytes=1,
        )
        for number in range(450)
    )


class TestCursorPagination:
    def test_pages_reach_every_row_once(self, api, many):
        seen, url = [], "/attachments/"
        while url:
            page = api.get(url).json()
            assert len(page["results"]) <= 50
            seen += [row["sha256"] for row in page["results"]]
            url = page["next"]

        assert sorted(seen) == sorted(a.sha256 for a in many if a.institution_id == 1)

    @pytest.mark.parametrize(
        ("asked", "got"),
        [("10", 10), ("200", 200), ("9999", 200), ("0", 50), ("x", 50), ("-1", 50)],
    )
    def test_page_size_is_bounded(self, api, many, asked, got):
        assert len(api.get("/attachments/", {"page_size": asked}).json()["results"]) == got

    @pytest.mark.parametrize(
        "cursor",
        [
            "x",
            "cD14",
            "cD0lMDA=",
            "午",
            "%00",
            "bz0tMSZwPXg=",
            "cD0yMDI2LTk5LTk5",
        ],
    )
    def test_made_up_cursor_is_refused(self, api, many, cursor):
        response = api.get("/attachments/", {"cursor": cursor})

        assert (response.status_code, response.json()["code"]) == (400, "bad_cursor")

    def test_cursor_far_past_the_end_is_an_empty_page(self, api, many):
        far = base64.b64encode(b"o=999999999999").decode()

        assert api.get("/attachments/", {"cursor": far}).json()["results"] == []

    @pytest.mark.parametrize("count", [1, 3])
    def test_query_count_of_a_list(self, api, many, count, django_assert_num_queries):
        Attachment.objects.exclude(pk__in=[a.pk for a in many[: count * 2]]).delete()

        with django_assert_num_queries(3):  # session, user, page
            assert len(api.get("/attachments/").json()["results"]) == count


class TestScopedViewSet:
    def test_row_of_another_nursery_is_404(self, api, many):
        assert api.get(f"/attachments/{many[0].pk}/").status_code == 200

        response = api.get(f"/attachments/{many[1].pk}/")

        assert (response.status_code, response.json()["code"]) == (404, "not_found")

    @pytest.mark.parametrize("key", ["x", "0", "9" * 40, "%00"])
    def test_key_of_another_form_is_404(self, api, key):
        assert api.get(f"/attachments/{key}/").status_code == 404


class TestExplain:
    @pytest.mark.parametrize(
        ("what", "status", "code"),
        [
            ("refused", 409, "too_late"),
            ("refused_422", 422, "no"),
            ("not_there", 404, "not_found"),
            ("404", 404, "not_found"),
            ("denied", 403, "permission_denied"),
            ("throttled", 429, "throttled"),
            ("too_big", 400, "body_too_large"),
            ("model", 400, "invalid"),
            ("list", 400, "invalid"),
            ("conflict", 409, "conflict"),
            ("csrf", 403, "csrf_failed"),
            ("serializer", 400, "invalid"),
        ],
    )
    def test_every_refusal_has_one_shape(self, api, what, status, code):
        response = api.get(f"/trouble/{what}/")

        body = response.json()
        assert (response.status_code, body["code"]) == (status, code)
        assert set(body) == {"code", "message", "fields"}
        assert body["message"]
        assert "secret" not in response.content.decode()

    def test_fields_carry_a_code_and_a_sentence_each(self, api):
        assert api.get("/trouble/refused/").json() == {
            "code": "too_late",
            "message": "Lunch is over.",
            "fields": {"at": [{"message": "Too late.", "code": "too_late"}]},
        }

    def test_nested_fields_keep_their_places(self, api):
        body = api.get("/trouble/serializer/").json()

        assert body["fields"]["day"][0]["code"] == "required"
        assert list(body["fields"]["meals"]) == ["1"]
        assert body["fields"]["meals"]["1"]["amount"][0]["code"] == "min_value"
        assert body["message"] == body["fields"]["meals"]["1"]["amount"][0]["message"]

    def test_list_of_errors_stands_under_no_field(self, api):
        body = api.get("/trouble/list/").json()

        assert body["message"] == "First."
        assert [row["message"] for row in body["fields"]["non_field_errors"]] == [
            "First.",
            "Second.",
        ]

    def test_throttled_says_when_to_come_back(self, api):
        assert api.get("/trouble/throttled/")["Retry-After"] == "7"

    def test_conflict_says_nothing_of_the_row(self, api):
        assert "phone" not in api.get("/trouble/conflict/").content.decode()

    def test_bug_is_not_explained_away(self, api):
        with pytest.raises(IntegrityError, match="null value"):
            api.get("/trouble/bug/")
