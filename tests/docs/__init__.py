"""What the documentation says is so: links, settings, log lines, figures."""
