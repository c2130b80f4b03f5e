from __future__ import annotations

import subprocess
import sys


def test_naming_the_columns_loads_no_library_of_analysis() -> None:
    code = (
        "from ser_core.features.functional_set import Functionals\n"
        "Functionals().column_names()\n"
        "import sys\n"
        "print(*[m for m in ('librosa', 'scipy', 'numba') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.split() == []
