"""What methods learn from a model's features: the rows of the training set, class moments, the last linear layer."""
