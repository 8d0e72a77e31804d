"""Tests of obrol: the folders have the names of the rooms that they test."""
