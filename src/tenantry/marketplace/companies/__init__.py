"""Companies of a marketplace: writing them, finding them, and what becomes of them."""
