"""`coach log`: sessions reviewed, compared, exported and decided again."""
