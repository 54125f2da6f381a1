"""`make demo`: the packaged add-on at work, shown to a person."""
