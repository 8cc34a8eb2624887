"""What follows from races. Imports only races."""
