from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("institution", "0060_ledger_entries_kept")]

    operations = [
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(
                choices=[
                    ("ratio_breach", "Too few carers"),
                    ("late_pickup", "Late pick-up"),
                    ("unknown_person", "Unknown person at pick-up"),
                    ("sick_absence_open", "Sick absence to follow up"),
                    ("certificate_expiring", "Certificate runs out"),
                    ("double_employment", "Employed in two institutions"),
                    ("over_capacity", "More children than places"),
                    ("ledger_late", "Safety ledger is late"),
                ],
                max_length=24,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="alertrule",
            name="kind",
            field=models.CharField(
                choices=[
                    ("ratio_breach", "Too few carers"),
                    ("late_pickup", "Late pick-up"),
                    ("unknown_person", "Unknown person at pick-up"),
                    ("sick_absence_open", "Sick absence to follow up"),
                    ("certificate_expiring", "Certificate runs out"),
                    ("double_employment", "Employed in two institutions"),
                    ("over_capacity", "More children than places"),
                    ("ledger_late", "Safety ledger is late"),
                ],
                max_length=24,
            ),
        ),
    ]
