"""How fast the service takes texts in, next to two yardsticks on the same machine."""
