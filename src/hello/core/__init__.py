"""What any program could use: settings, logs, ids; nothing of the business."""
