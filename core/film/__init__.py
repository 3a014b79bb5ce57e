"""Export: from finished clips to a film; knows no provider and costs nothing."""
