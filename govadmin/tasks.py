from celery import shared_task

from core import jobs
from govadmin.exports import write_audit


@shared_task
def export_audit(job_id: str) -> None:
    jobs.run(job_id, write_audit)
