"""The pages: templates, styles and ES modules. No Python lives here; the server finds the files by this package."""
