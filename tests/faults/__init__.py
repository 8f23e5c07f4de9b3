"""What classes do to a server: nothing may be lost, nobody may be in another's way."""
