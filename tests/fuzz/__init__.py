"""Every form of every role, filled in by somebody who wishes ill: `make test-fuzz`."""
