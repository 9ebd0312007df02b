"""Lists of people as files: read what was uploaded, guess what its columns mean, write what is downloaded."""
