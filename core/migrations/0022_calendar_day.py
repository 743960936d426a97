"""The official calendar as dated data: working days, weekends, public holidays and the days that make up for them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0021_kept_plans")]

    operations = [
        migrations.CreateModel(
            name="CalendarDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("workday", "Working day"),
                            ("weekend", "Weekend"),
                            ("holiday", "Public holiday"),
                            ("makeup", "Make-up working day"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(blank=True, default="", max_length=40)),
                ("name_en", models.CharField(blank=True, default="", max_length=60)),
                ("source", models.CharField(max_length=120)),
            ],
        ),
    ]
