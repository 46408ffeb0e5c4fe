"""The algebra of days: calendars of one bit a day, and questions asked of their days."""
