"""What is asked, by subject. Functions here take the world and give a question that checks its answer."""
