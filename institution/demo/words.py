"""The made-up city's vocabulary, from words.json; short words stand in one string."""

import json
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "words.json"
_WHOLE = ("milk_free",)

WORDS: dict[str, Any] = {
    key: value.split() if isinstance(value, str) and key not in _WHOLE else value
    for key, value in json.loads(_FILE.read_text()).items()
}
