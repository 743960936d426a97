"""The money for meals: rows that stand, and months that are closed."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from core.postgres.policies import IN_OWN, Isolate
from core.tenancy import same_institution

# ALWAYS: also with session_replication_role = replica. Emptying a made-up city is TRUNCATE, which these do not see.
STANDS = """
CREATE FUNCTION institution_meal_money_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    RAISE EXCEPTION 'A row of the money for meals is never changed or deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION institution_meal_month_open() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF EXISTS (SELECT FROM public.institution_mealmonth m
                WHERE m.institution_id = NEW.institution_id AND m.month >= date_trunc('month', NEW.day)::date) THEN
        RAISE EXCEPTION 'This month of the money for meals is closed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON institution_mealentry
    FOR EACH ROW EXECUTE FUNCTION institution_meal_money_stands();
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON institution_mealmonth
    FOR EACH ROW EXECUTE FUNCTION institution_meal_money_stands();
CREATE TRIGGER month_open BEFORE INSERT ON institution_mealentry
    FOR EACH ROW EXECUTE FUNCTION institution_meal_month_open();
ALTER TABLE institution_mealentry ENABLE ALWAYS TRIGGER stands;
ALTER TABLE institution_mealmonth ENABLE ALWAYS TRIGGER stands;
ALTER TABLE institution_mealentry ENABLE ALWAYS TRIGGER month_open;
"""
FALLS = """
DROP TRIGGER month_open ON institution_mealentry;
DROP TRIGGER stands ON institution_mealmonth;
DROP TRIGGER stands ON institution_mealentry;
DROP FUNCTION institution_meal_month_open();
DROP FUNCTION institution_meal_money_stands();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0071_food_samples"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MealEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="Day")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("fee", "Meal fees"),
                            ("grant", "Subsidy for meals"),
                            ("other_in", "Other income"),
                            ("purchase", "Purchase of food"),
                            ("refund", "Meal fees paid back"),
                            ("other_out", "Other spending"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=2, max_digits=12, verbose_name="amount"),
                ),
                ("text", models.CharField(max_length=80, verbose_name="what for")),
                (
                    "entered_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "entered_by",
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
                (
                    "reverses",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="institution.mealentry",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["institution", "day"], name="institution_mealentry_day")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("id", "institution"), name="institution_mealentry_tenant"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reverses__isnull", False),
                            models.Q(("kind__in", ["fee", "grant", "other_in"]), ("amount__gt", 0)),
                            models.Q(
                                models.Q(("kind__in", ["fee", "grant", "other_in"]), _negated=True),
                                ("amount__lt", 0),
                            ),
                            _connector="OR",
                        ),
                        name="institution_mealentry_sign",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount", 0), _negated=True),
                            models.Q(
                                ("reverses", None),
                                models.Q(("reverses", models.F("id")), _negated=True),
                                _connector="OR",
                            ),
                        ),
                        name="institution_mealentry_amount",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MealMonth",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField(verbose_name="month")),
                (
                    "income",
                    models.DecimalField(decimal_places=2, max_digits=12, verbose_name="income"),
                ),
                (
                    "spending",
                    models.DecimalField(decimal_places=2, max_digits=12, verbose_name="spending"),
                ),
                (
                    "balance",
                    models.DecimalField(decimal_places=2, max_digits=12, verbose_name="balance"),
                ),
                (
                    "closed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "closed_by",
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
                        fields=("institution", "month"), name="institution_mealmonth_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("month__day", 1)), name="institution_mealmonth_first"
                    ),
                ],
            },
        ),
        same_institution("institution_mealentry", "reverses_id", "institution_mealentry"),
        Isolate("institution_mealentry", staff=IN_OWN),
        Isolate("institution_mealmonth", staff=IN_OWN),
        migrations.RunSQL(STANDS, FALLS),
    ]
