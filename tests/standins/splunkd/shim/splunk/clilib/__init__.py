"""Parts of Splunk's command line that add-ons import."""
