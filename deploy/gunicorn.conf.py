import os

bind = "0.0.0.0:8000"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))  # about one for each core
preload_app = (
    True  # imported once and forked: a worker that died is back at once, not after seconds
)
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
graceful_timeout = 20
keepalive = 30
max_requests = 20_000
max_requests_jitter = 2_000
worker_tmp_dir = "/dev/shm"  # the heartbeat must not wait for a disk
forwarded_allow_ips = "*"  # only nginx reaches this port
accesslog = None  # requests are logged by the application, without personal data
control_socket_disable = True  # containers are read-only, and nobody would use it
