"""Notices of a nursery or a class, and who has read them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.postgres.policies import AT_CHILDS_NURSERY, IN_OWN, Isolate
from core.tenancy import same_institution


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0056_known_by_id"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="push",
            name="about",
            field=models.CharField(
                choices=[("alert", "Alert"), ("message", "Message"), ("notice", "Notice")],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=60)),
                ("body", models.TextField(max_length=2000)),
                ("published_at", models.DateTimeField()),
                ("reminders", models.PositiveSmallIntegerField(default=0)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "class_group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.classgroup",
                        verbose_name="class",
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="institution.institution",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NoticeRead",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("read_at", models.DateTimeField()),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.institution",
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reads",
                        to="institution.notice",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                fields=["institution", "-published_at"], name="institution_notice_latest"
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                fields=("id", "institution"), name="institution_notice_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="noticeread",
            constraint=models.UniqueConstraint(
                fields=("notice", "user"), name="institution_noticeread_once"
            ),
        ),
        same_institution("institution_notice", "class_group_id", "institution_classgroup"),
        same_institution("institution_noticeread", "notice_id", "institution_notice"),
        Isolate("institution_notice", staff=IN_OWN, family=AT_CHILDS_NURSERY),
        Isolate("institution_noticeread", staff=IN_OWN, family="user_id = (SELECT app_user())"),
    ]
