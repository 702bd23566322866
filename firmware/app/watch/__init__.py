"""`coach watch`: the session as it goes."""
