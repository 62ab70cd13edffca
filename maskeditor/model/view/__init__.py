"""What the three planes show, without a window: crosshair, slices, layers, colours of pixels."""
