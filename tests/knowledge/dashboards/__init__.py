"""The dashboards, drawn by Splunk's own renderer with results that the packaged searches give."""
