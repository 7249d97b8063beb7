"""Results -> what people see: formats, never computes."""
