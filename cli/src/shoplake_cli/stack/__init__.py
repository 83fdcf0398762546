"""The embedded stack: a real broker and the five services as processes of one supervisor, under one folder."""
