"""What people would pick instead: a schedule entry for each dose time, or a task with an ETA."""
