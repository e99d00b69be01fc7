"""Users: the people of the marketplace, whatever company they belong to."""
