from celery import shared_task

from core import jobs
from core.background import OWNER_OF_JOB
from govadmin.exports import write_audit


@shared_task(scope=OWNER_OF_JOB)
def export_audit(job_id: str) -> None:
    jobs.run(job_id, write_audit)
