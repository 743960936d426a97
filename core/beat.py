"""Celery's schedule for a machine whose clock may be set back.

Celery waits until the hour that an entry was last due at comes round again: for an hour nothing would be relayed, watched or
swept. An entry that was last run in the future counts as run just now.
"""

import datetime as dt

from celery.beat import PersistentScheduler

IN_THE_FUTURE = dt.timedelta(seconds=1)


class Scheduler(PersistentScheduler):
    def tick(self, *args, **kwargs) -> float:
        if self._put_right():
            self._heap = None  # it holds the times at which they were due
        return super().tick(*args, **kwargs)

    def _put_right(self) -> bool:
        ahead = [
            entry
            for entry in self.schedule.values()
            if entry.last_run_at > entry.default_now() + IN_THE_FUTURE
        ]
        for entry in ahead:
            entry.last_run_at = entry.default_now()
        return bool(ahead)
