"""Runs proofs and tells what they found; knows nothing of what they prove."""
