"""Who may send: opening, changing and ending accounts, what is told of them, their personal data."""
