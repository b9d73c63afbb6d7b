"""Who people are, how they are reached, who may see whom, and who looked."""
