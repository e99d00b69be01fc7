"""The pages: parse input, check who may, one domain call, render. No rules live here."""
