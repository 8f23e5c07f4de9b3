"""What labs build models from: each part written out from its equations and tested against an independent one."""
