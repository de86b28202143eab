"""Who one is while developing: keys of this machine's own issuers, and tokens that are signed with them."""
