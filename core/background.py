"""The base of every Celery task: it says in whose name it works, or it does not run."""

from typing import Any

from celery import Task

from core import rls

SYSTEM = "system"  # every row; listed in tests/isolation
OWNER_OF_JOB = "owner of the job"  # core.jobs.run enters the scope of whoever asked for it


class ScopeMissing(Exception):
    """A task without `@shared_task(scope=...)`."""


class ScopedTask(Task):
    abstract = True
    scope: str | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.scope == SYSTEM:
            with rls.system(f"task: {self.name}"):
                return super().__call__(*args, **kwargs)
        if self.scope == OWNER_OF_JOB:
            with rls.public():
                return super().__call__(*args, **kwargs)
        raise ScopeMissing(self.name)
