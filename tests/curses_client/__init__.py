"""What the client promises: keys, cells, the input line, and later the screen in a pty."""
