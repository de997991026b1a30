"""What somebody tries who knows how the web works and wishes ill, against every address there is."""
