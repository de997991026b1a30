"""The supervision board, and what keeps mentors apart."""
