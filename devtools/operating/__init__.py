"""For whoever runs the application behind the gateway: the same commands for this machine's and a deployed stack."""
