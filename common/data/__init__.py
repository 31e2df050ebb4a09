"""Where data is found, what it holds, and how it is drawn, split and made into tensors."""
