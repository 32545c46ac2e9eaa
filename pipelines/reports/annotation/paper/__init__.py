"""Paper A's claims and figures beside ours."""
