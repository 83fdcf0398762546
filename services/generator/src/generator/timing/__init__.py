"""When events happen: an absolute schedule over a rate that the hour, the weekday, spells and scenarios change."""
