from django.db import models
from django.db.models import Q


class CryptoKey(models.Model):
    """A wrapped data-encryption key (docs/security/keys.md).

    The key of a purpose is wrapped by the key-encryption key, which is not in the database; the key of one subject, by the
    key of its purpose. `subject` is the `sealed_id` of the subject's row.

    Coming: of a blind index whose second column is being filled. Active: seals. Retiring: seals nothing new, rows still stand
    under it. Retired: no row does. Values open under all of these, and never again once it is destroyed.
    """

    purpose = models.CharField(max_length=30)
    subject = models.UUIDField(null=True)
    algorithm = models.CharField(max_length=20)
    wrapped = models.BinaryField()
    state = models.CharField(max_length=10)
    created_at = models.DateTimeField(db_default=models.functions.Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "crypto_key"
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "state"],
                condition=Q(subject=None, state__in=["coming", "active"]),
                name="core_cryptokey_one_of_purpose",
            ),
            models.UniqueConstraint(
                fields=["purpose", "subject"],
                condition=Q(state="active"),
                name="core_cryptokey_one_of_subject",
            ),
            models.CheckConstraint(
                condition=~Q(state="destroyed") | Q(wrapped=b""), name="core_cryptokey_destroyed"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["coming", "active", "retiring"], ended_at=None)
                | Q(state__in=["retired", "destroyed"], ended_at__isnull=False),
                name="core_cryptokey_ended",
            ),
        ]
        indexes = [models.Index(fields=["subject"], name="core_cryptokey_subject")]

    def __str__(self) -> str:
        return f"{self.pk} {self.purpose} {self.state}"
