"""HTTP: Flask lives here and nowhere below."""
