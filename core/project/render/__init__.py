"""Between a project and its renders: requests, plans, making again, and the film of its takes."""
