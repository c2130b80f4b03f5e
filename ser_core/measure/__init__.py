"""What a process tree, a machine and a page cache are doing while work runs."""
