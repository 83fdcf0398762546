"""The shoplake command: embedded stack, replay, SQL, accounting."""
