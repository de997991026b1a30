"""What somebody may do with his own data: read what is kept, take it along, take back a consent, have it all deleted."""
