"""Tests of ``reactor``."""
