"""Panels beside the views: operations, history, ROIs, and what they are made of."""
