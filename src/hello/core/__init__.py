"""Building blocks that know nothing of the business: settings, logs, ids, batching, background jobs."""
