"""From text to the words whose states are wanted."""
