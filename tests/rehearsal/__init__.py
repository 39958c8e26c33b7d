"""Rehearsals of a release under load: nobody may notice it."""
