"""Real districts, read where they lie; nothing of them is part of the project."""
