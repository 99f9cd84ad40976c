"""What a process of Kith does first: logs without secrets, and memory of its own."""
