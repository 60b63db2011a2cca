"""Make this clone importable in the virtual environment, and put `likeopt` on its path.

An editable install would do the same, but needs a build backend and its time at every set-up.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAUNCHER = f"""#!{sys.executable}
import sys

from backend.app.__main__ import main

sys.exit(main())
"""


def main() -> None:
    (Path(sysconfig.get_path("purelib")) / "likeopt.pth").write_text(f"{ROOT}\n", "utf-8")
    launcher = Path(sysconfig.get_path("scripts")) / "likeopt"
    launcher.write_text(LAUNCHER, "utf-8")
    launcher.chmod(0o755)


if __name__ == "__main__":
    main()
