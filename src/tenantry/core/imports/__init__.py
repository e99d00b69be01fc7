"""Reading import files and planning their lines, without a database: files to records, records to plans."""
