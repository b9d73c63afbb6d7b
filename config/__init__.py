"""The composition root: the only package that knows all the others."""

import os
import zoneinfo

# One pinned time-zone database (the tzdata wheel) in every process, whatever the system carries.
os.environ["PYTHONTZPATH"] = ""
zoneinfo.reset_tzpath(to=())
