"""Third-party software that receives, spoils or sends HEC requests: Tenzir, mitmproxy, clients."""
