"""What the Worker is told on this machine, and whether it could work with it: wrangler.toml and the files beside it."""
