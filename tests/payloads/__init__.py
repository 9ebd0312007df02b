"""Sample bodies in the shapes that the vendor's documents and one integrator's public code show."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def load(name: str) -> Any:
    """Return the parsed sample, e.g. load("webhooks/2_analysis")."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def names(folder: str) -> list[str]:
    """Return the names of all samples in a folder, as `load` takes them."""
    return sorted(f"{folder}/{path.stem}" for path in (FOLDER / folder).glob("*.json"))
