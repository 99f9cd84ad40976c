"""What a dispatcher does with a case: reads it, answers, closes, erases, exports it."""
