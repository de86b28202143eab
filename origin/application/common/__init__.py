"""What the systems share: who calls (`caller.py`), refusals (`problems.py`), the price list (`prices.py`)."""
