"""What concerns modems and their SIMs rather than messages: who they are, what they may, what is asked."""
