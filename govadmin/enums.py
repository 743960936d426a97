AUDIT_EXPORT = "audit_export"  # kind of a Job
