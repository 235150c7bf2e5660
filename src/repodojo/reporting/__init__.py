"""Tables, figures, the summary and the report page: ours beside what the paper published."""
