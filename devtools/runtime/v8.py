"""How V8 is to run Python's WebAssembly, as Miniflare tells workerd."""

V8_FLAGS = "MINIFLARE_WORKERD_V8_FLAGS"
"""Miniflare's variable for them, separated by spaces."""

QUICK_START = ("--liftoff-only", "--wasm-lazy-compilation")
"""For Workers that live for seconds, or until the next save: left to itself V8 spends more on optimising Python's
WebAssembly than on all else in a start. What is measured needs that."""
