"""What identifies a person in a text, found by its shape and its check digits."""
