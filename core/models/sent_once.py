from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from core.crypto import EncryptedTextField, SealedRow


class SentOnce(SealedRow):
    """The answer to a request that named a key, kept so that the same request sent again has no second effect.

    Written in the transaction of the request itself: there is a row exactly when the effect is there. core.once
    writes, reads and deletes. The answer may hold what a person may see, so it is sealed.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    request = models.BinaryField(max_length=32)  # a keyed hash of method, path, post and body
    status = models.PositiveSmallIntegerField(db_default=0)  # 0 only inside the transaction
    headers = models.JSONField(db_default={})
    body = EncryptedTextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(SealedRow.Meta):
        verbose_name = "request sent once"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="core_sentonce_key")]
        indexes = [models.Index(fields=["created_at"], name="core_sentonce_created")]

    def __str__(self) -> str:
        return f"{self.key} {self.status}"
