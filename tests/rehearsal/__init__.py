"""Rehearsals of a release under load: users may notice nothing of it.

`loading(url, folder, rate)` runs the load in a process of its own; its driver calls `mark` before each step.
After `stop`, `stored_facts` and `verdict` compare what was acknowledged with what is stored. A `Result` of
both is shown as a table by `show` and as a picture by `draw`.
"""
