"""The packaged add-on, started as splunkd starts it."""
