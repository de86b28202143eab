"""What holds for every test."""

from hypothesis import settings

# How long an example takes says more about who else uses the machine than about the code; tests of cost count instead.
settings.register_profile("gatehouse", deadline=None, print_blob=True)
settings.load_profile("gatehouse")
