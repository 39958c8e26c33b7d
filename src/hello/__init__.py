"""Hello knows whose birthday it is, says hello, and lets you send a gift."""
