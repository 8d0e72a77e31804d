"""What ``make bench`` prints: one module a part, each with a function that takes the options."""
