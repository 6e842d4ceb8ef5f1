"""Write a Signalbox plugin in Python: `signalbox.router` or `signalbox.prefetcher`, and `signalbox.log`."""
