"""The life of a credit: granted, held, captured or released, and whether the books are right."""
