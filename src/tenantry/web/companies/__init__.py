"""Companies: the list, the page of one, and the forms that managers change them with."""
