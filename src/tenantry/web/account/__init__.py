"""The pages of a person's own account: name, language, ways to sign in, sessions."""
