"""A stand-in for api.osvi.ai: it speaks the same contract and rings nobody. For trial and tests."""
