import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def test_every_variable_of_the_settings_is_explained_and_no_other():
    settings = (CHECKOUT / "config/settings/__init__.py").read_text()
    runbook = (CHECKOUT / "docs/runbook.md").read_text().split("## Variables")[1]
    read = set(re.findall(r'env\.\w+\((?:\s*#.*)?\s*"([A-Z_]+)"', settings)) - {"ENV_FILE"}

    explained = re.findall(r"^\| `([A-Z_]+)` \|", runbook, re.MULTILINE)

    assert sorted(explained) == sorted(read)
