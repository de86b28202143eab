"""`_cloudflare`: what Cloudflare's runtime offers to the SDK's `_workers_sdk_*` modules, for the embedded runtime.

The SDK registers here, per package, how much randomness an import needs and how to mend the package afterwards.
Names and meaning are the runtime's; the code is Gatehouse's.
"""
