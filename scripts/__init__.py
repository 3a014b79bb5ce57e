"""Programs for people who set up, test and train ImageAI."""
