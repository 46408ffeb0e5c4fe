"""Cohorts: whose year it is, what they were treated for, what an evaluation year may see of them."""
