"""The goals of performance, measured: `python -m tests.performance` (README.md says how). No test."""
