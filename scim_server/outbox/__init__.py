"""What leaves the server: messages written with the change that they tell of, and delivered afterwards."""
