"""From mask to data: what commands, API and window work out of images and masks, a subject a file; tables come out."""
