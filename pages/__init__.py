"""The pages of the app, one thin script each, and what they share in `_view`."""
