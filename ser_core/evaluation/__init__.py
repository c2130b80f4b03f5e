"""How corpora are split and predictions are judged."""
