"""Health of a container: `python deploy/healthy.py URL`. Speaks as nginx does, so HTTPS is not asked for."""

import os
import sys
import urllib.request

host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip(".*") or "localhost"
request = urllib.request.Request(  # noqa: S310 -- an address of this container
    sys.argv[1], headers={"Host": host, "X-Forwarded-Proto": "https"}
)
urllib.request.urlopen(request, timeout=4)  # noqa: S310 -- as above
