"""What the tests share: drawn tables, tiny studies, random studies, and a second opinion."""
