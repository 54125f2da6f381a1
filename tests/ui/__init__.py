"""The packaged pages in a real browser, with the packaged REST handlers behind them."""
