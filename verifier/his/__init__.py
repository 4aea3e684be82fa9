"""What a HIS tells and hears: expected visits in, decisions out, webhooks."""
