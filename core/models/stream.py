from django.db import connection, models


class Stream(models.Model):
    """A numbered stream of changes, such as one institution's daily log.

    The number is taken as the last step before commit, under the row's lock, so that its order is the commit order:
    a reader who has seen N has seen everything up to N.
    """

    name = models.CharField(max_length=60, primary_key=True)
    seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}:{self.seq}"


def take(name: str, count: int = 1) -> range:
    """The next `count` numbers of the stream; its row stays locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_stream (name, seq) VALUES (%s, %s) "
            "ON CONFLICT (name) DO UPDATE SET seq = core_stream.seq + EXCLUDED.seq RETURNING seq",
            [name, count],
        )
        last = cursor.fetchone()[0]
    return range(last - count + 1, last + 1)
