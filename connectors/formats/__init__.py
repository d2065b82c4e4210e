"""How answers are written: documents, pages, mails and the APIs of single services, read into plain fields."""
