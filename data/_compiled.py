"""One way to compile a kernel: cached on disk where that can be written, in memory where it cannot."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba as nb

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])


def compiled(kernel: _Kernel) -> _Kernel:
    """Compile a function of numbers and arrays; it releases the interpreter lock while it runs.

    The machine code is kept beside the source, else in the user's cache folder (NUMBA_CACHE_DIR moves it). In
    an image where neither can be written it is compiled again by each process, which takes seconds; `models.warm`
    compiles all of them while it can. What is kept belongs to the file of the kernel and not to those of the kernels
    that it calls: whoever changes one of these by hand removes `__pycache__`.
    """
    try:
        return cast("_Kernel", nb.njit(cache=True, nogil=True)(kernel))
    except RuntimeError:  # Numba's way of saying that no folder can hold the cache
        return cast("_Kernel", nb.njit(nogil=True)(kernel))
