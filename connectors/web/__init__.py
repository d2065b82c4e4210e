"""What http.py is made of: connections, pace, retries, answers, logins."""
