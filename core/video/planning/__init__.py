"""From a request to its exact plan: everything that is wrong at once, before anything is made."""
