"""The parts of `RepairPolicy`: reading an issue and a conversation, and finding and ranking edits."""
