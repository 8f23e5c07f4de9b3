"""The server: serves the labs and their runs. It never imports torch or a lab; the processes below it do."""
