"""The image as it is built: what is in it, and what it does where nothing can be written."""
