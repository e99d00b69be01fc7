"""What the people of a company see: their own company, in plain words."""
