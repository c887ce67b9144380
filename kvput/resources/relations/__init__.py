"""Relations between resources: what a commit changes so that both sides agree, and the repair."""
