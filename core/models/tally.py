from django.db import models


class Tally(models.Model):
    """How often something happened in a span of time: requests of one visitor against a limit, refusals of browsers.

    `name` holds codes and keyed hashes, never who it was. core.tally writes and forgets.
    """

    name = models.CharField(max_length=120)
    since = models.DateTimeField()
    count = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "since"], name="core_tally_once"),
        ]
        indexes = [models.Index(fields=["since"], name="core_tally_since")]

    def __str__(self) -> str:
        return f"{self.name} since {self.since}: {self.count}"
