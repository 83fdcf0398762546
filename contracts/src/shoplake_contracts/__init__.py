"""The names that cross a boundary: topics, events, tables, rules, metrics, errors."""
