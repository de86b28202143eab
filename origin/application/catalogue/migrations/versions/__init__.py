"""One file a revision. A revision that was deployed is never changed; the next one is added."""
