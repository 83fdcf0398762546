"""What a planted bug is: something that is patched into the protocol or the model before a run."""

from collections.abc import Callable

import pytest

Plant = Callable[[pytest.MonkeyPatch], None]
