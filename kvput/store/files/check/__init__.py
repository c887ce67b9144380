"""`kvput check`: what is wrong with a folder, as values. How it is printed is for `kvput.cli`."""
