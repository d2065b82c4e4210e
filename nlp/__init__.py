"""What mentions say: one encoder pass, then one file per question."""
