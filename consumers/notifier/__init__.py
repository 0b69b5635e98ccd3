"""Tell people of alerts: mails, signed webhooks and Grafana annotations, each once, to whom they concern."""
