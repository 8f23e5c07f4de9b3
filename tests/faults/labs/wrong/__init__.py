"""A lab that goes wrong as asked."""
