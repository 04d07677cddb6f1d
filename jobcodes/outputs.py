"""Files out, whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from jobcodes.errors import UsageError

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)


@contextmanager
def whole_file(path: str) -> Iterator[TextIO]:
    """A UTF-8 text file to write, which takes the place of `path` only when the block ends well.

    Until then it is `PATH.partial`, kept with what was written when the block is interrupted or fails. A
    device or pipe is written directly. Raises UsageError when it cannot be written.
    """
    try:
        direct = is_device(path)
        # A link stays a link, and what it points to is replaced; /dev/stdout points to nothing that has a path.
        target = path if direct else os.path.realpath(path)
        partial = target if direct else f"{target}.partial"
        file = open(partial, "w", encoding="utf-8", newline="")  # noqa: SIM115
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None
    try:
        with file:
            yield file
        if not direct:
            os.replace(partial, target)
    except OSError as error:
        if error.errno in UNWRITABLE:
            raise _unwritable(path, error) from None
        raise
    finally:
        # Nothing was written, so there is nothing to go on from.
        if not direct and os.path.exists(partial) and not os.path.getsize(partial):
            Path(partial).unlink()


def is_device(path: str) -> bool:
    """Whether the path is there and no regular file: a device, a pipe, a folder."""
    return os.path.exists(path) and not os.path.isfile(path)


def _unwritable(path: str, error: OSError | ValueError) -> UsageError:
    reason = getattr(error, "strerror", None) or error
    return UsageError(f"cannot write {path}: {reason}", "name another file")
