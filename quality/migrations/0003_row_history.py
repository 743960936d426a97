"""A self-check is the nursery's word to the authority: it keeps what was said before."""

from django.db import migrations

from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [
        ("quality", "0002_row_level_security"),
        ("institution", "0011_row_history"),
    ]

    operations = [KeepHistory("quality_selfcheck")]
