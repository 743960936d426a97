"""What the national filing form asks of an institution beside what was there."""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("institution", "0014_end_of_months")]

    operations = [
        migrations.AddField(
            "institution",
            "nature",
            models.CharField(
                "nature",
                max_length=10,
                blank=True,
                default="",
                choices=[
                    ("public", "Public institution"),
                    ("social", "Social service organisation, not for profit"),
                    ("company", "Company or trader, for profit"),
                ],
            ),
        ),
        migrations.AddField(
            "institution",
            "inclusive_from",
            models.DateField("inclusive from", null=True, blank=True),
        ),
        migrations.AddField(
            "institution",
            "inclusive_until",
            models.DateField("inclusive until", null=True, blank=True),
        ),
        migrations.AddField(
            "institution",
            "legal_representative",
            models.CharField("legal representative", max_length=40, blank=True, default=""),
        ),
        migrations.AddField(
            "institution",
            "person_in_charge",
            models.CharField("person in charge", max_length=40, blank=True, default=""),
        ),
        migrations.AddField(
            "institution",
            "lowest_storey",
            models.SmallIntegerField("lowest floor", null=True, blank=True),
        ),
        migrations.AddField(
            "institution",
            "highest_storey",
            models.SmallIntegerField("highest floor", null=True, blank=True),
        ),
        migrations.AddField(
            "institution",
            "service_modes",
            django.contrib.postgres.fields.ArrayField(
                models.CharField(
                    max_length=10,
                    choices=[
                        ("full_day", "Full day"),
                        ("half_day", "Half day"),
                        ("hourly", "By the hour"),
                        ("temporary", "Now and then"),
                        ("boarding", "Boarding"),
                    ],
                ),
                verbose_name="ways of service",
                default=list,
                blank=True,
                size=None,
            ),
        ),
        migrations.AddConstraint(
            "institution",
            models.CheckConstraint(
                condition=Q(highest_storey__gte=F("lowest_storey"))
                | Q(lowest_storey=None)
                | Q(highest_storey=None),
                name="institution_institution_storeys",
            ),
        ),
        migrations.AddConstraint(
            "institution",
            models.CheckConstraint(
                condition=Q(inclusive_until__gte=F("inclusive_from"))
                | Q(inclusive_from=None)
                | Q(inclusive_until=None),
                name="institution_institution_inclusive",
            ),
        ),
    ]
