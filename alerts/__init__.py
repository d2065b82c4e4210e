"""Who must hear it: rules that are SELECTs, an outbox that loses nothing, and Slack."""
