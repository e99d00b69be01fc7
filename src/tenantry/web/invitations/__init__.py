"""The pages of invitations: the list for those who invite, and the page for who is invited."""
