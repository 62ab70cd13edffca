"""The window: the only part that knows Qt and pyqtgraph. It decides nothing that the model can decide."""
