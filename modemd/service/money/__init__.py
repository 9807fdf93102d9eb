"""Orders of credits, their invoices and payments."""
