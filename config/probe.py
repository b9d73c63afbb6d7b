"""`python -m config.probe URL`: exit 0 when the address answers 200, else 1; for containers.

The Host header is PUBLIC_URL's, so that a probe may come by the container's own name.
"""

import http.client
import os
import sys
from urllib.parse import urlsplit

SECONDS = 5


def is_well(url: str, *, host: str) -> bool:
    """Return whether the address answers 200 within five seconds."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        connection.request("GET", parts.path or "/", headers={"Host": host})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    public = urlsplit(os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000"))
    sys.exit(0 if is_well(sys.argv[1], host=public.netloc) else 1)
