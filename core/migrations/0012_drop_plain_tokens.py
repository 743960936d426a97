from django.db import migrations


class Migration(migrations.Migration):
    """Tokens in clear and sessions without a user are not left lying in older databases; both are made anew."""

    dependencies = [
        ("core", "0011_sign_in"),
    ]

    operations = [
        migrations.RunSQL(
            "DROP TABLE IF EXISTS authtoken_token; DROP TABLE IF EXISTS django_session",
            migrations.RunSQL.noop,
        ),
    ]
