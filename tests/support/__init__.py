"""What the tests share: real servers on free ports, raw connections, terminals."""
