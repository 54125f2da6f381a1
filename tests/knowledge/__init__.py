"""What Splunk makes of the events at search time, from the packaged confs."""
