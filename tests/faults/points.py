"""Where a fault strikes: one step of one leg of the engine, named without private names.

A leg is "sweep", "dispatch", "beat" or "web". Its steps, in the order in which they happen, are
statements, commits, sends (one message handed to the mail server) and publishes (one tick put into
the broker). A fault strikes before or after the n-th step that it describes.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

STATEMENT, COMMIT, SEND, PUBLISH = "statement", "commit", "send", "publish"
BEFORE, AFTER = "before", "after"
KILL = "kill"  # SIGKILL of the process itself
KILL_PART = "kill part"  # SIGKILL of the part: the process, its parent and its brothers
CONFLICT = "conflict"  # PostgreSQL refuses the step with a serialization failure

FAULT, FIRED = "STEPDOWN_FAULT", "STEPDOWN_FAULT_FIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: `words` is looked for in the step's own text, `since` in an earlier step's.

    Both are regular expressions; empty means any. `step` empty means a step of any kind. Steps are
    counted anew in each pass, from the step after the one that `since` describes.
    """

    leg: str
    step: str = ""
    words: str = ""
    since: str = ""
    side: str = BEFORE
    number: int = 1
    deed: str = KILL

    def environment(self, fired: str) -> dict[str, str]:
        """The variables that tell a launched process; `fired` is the file it leaves when struck."""
        return {FAULT: json.dumps(asdict(self)), FIRED: fired}


def fault_asked() -> Fault:
    """Return the fault that this process was launched with."""
    return Fault(**json.loads(os.environ[FAULT]))
