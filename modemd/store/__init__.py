"""What is durable. The only room that speaks SQL."""
