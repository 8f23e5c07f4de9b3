r"""LaTeX to native MathML, once a line. `\slot{name}` leaves a place for a live number."""

import re
from functools import lru_cache

from latex2mathml.converter import convert

_SLOT = re.compile(r"\\slot\{([^{}]+)\}")


@lru_cache(maxsize=2_000)
def mathml(latex: str, display: bool = False) -> str:
    r"""The MathML of a line of LaTeX; `\slot{w1}` becomes `<mtext>⟦w1⟧</mtext>`, which the page fills with a number."""
    return convert(_SLOT.sub(r"\\text{⟦\1⟧}", latex), display="block" if display else "inline")
