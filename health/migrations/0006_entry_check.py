"""What a child must bring before its first day, and how old an entry examination may be."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from core.postgres.policies import IN_OWN, Isolate
from core.tenancy import same_institution
from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [
        ("health", "0005_row_history"),
        ("institution", "0049_admission_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="healthrule",
            name="code",
            field=models.CharField(
                choices=[
                    ("fever", "Fever"),
                    ("temperature", "Temperature"),
                    ("weight", "Weight"),
                    ("length", "Length or height"),
                    ("head", "Head circumference"),
                    ("standing", "Measured standing"),
                    ("entry_exam", "Entry examination"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="EntryCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "paper",
                    models.CharField(
                        choices=[
                            ("examination", "Entry examination"),
                            ("transfer", "Health certificate of the nursery before"),
                            ("vaccination", "Vaccination certificate"),
                        ],
                        max_length=12,
                        verbose_name="paper",
                    ),
                ),
                ("day", models.DateField(verbose_name="day of the check")),
                ("passed", models.BooleanField(verbose_name="in order")),
                (
                    "issuer",
                    models.CharField(
                        blank=True, default="", max_length=60, verbose_name="made out by"
                    ),
                ),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("replaced_at", models.DateTimeField(blank=True, null=True)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entry_checks",
                        to="institution.application",
                    ),
                ),
                (
                    "checked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.institution",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("replaced_at", None)),
                        fields=("application", "paper"),
                        name="health_entrycheck_once",
                    )
                ],
            },
        ),
        same_institution("health_entrycheck", "application_id", "institution_application"),
        Isolate("health_entrycheck", staff=IN_OWN),
        KeepHistory("health_entrycheck"),
    ]
