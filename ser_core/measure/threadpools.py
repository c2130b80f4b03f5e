"""Which thread pools the libraries in this process have, and how large they are."""

from __future__ import annotations

import sys
from typing import Any

import threadpoolctl


def loaded_threadpools() -> list[dict[str, Any]]:
    """Describe the thread pools of the libraries that are loaded in this process.

    Returns
    -------
    pools : list of dict
        ``user_api`` (``blas``, ``openmp``, ``numba``), ``internal_api``,
        ``version`` and ``n_threads`` of each. Paths of libraries are left out:
        they hold the names of people's folders.

    """
    pools = [
        {
            "user_api": pool["user_api"],
            "internal_api": pool["internal_api"],
            "version": pool["version"],
            "n_threads": pool["num_threads"],
        }
        for pool in threadpoolctl.threadpool_info()
    ]
    # threadpoolctl does not know numba's own pool; only a module that something
    # else has imported is asked, because importing numba takes seconds
    numba = sys.modules.get("numba")
    if numba is not None:
        pools.append(
            {
                "user_api": "numba",
                "internal_api": str(numba.config.THREADING_LAYER),
                "version": str(numba.__version__),
                "n_threads": int(numba.get_num_threads()),
            }
        )
    return pools
