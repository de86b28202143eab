"""What holds for every test."""

import pytest
from hypothesis import settings

# How long an example takes says more about who else uses the machine than about the code; tests of cost count instead.
settings.register_profile("gatehouse", deadline=None, print_blob=True)
settings.load_profile("gatehouse")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests last: Playwright leaves an event loop running, and no `asyncio.run` works beside one."""
    items.sort(key=lambda item: "browser" in item.path.parts)
