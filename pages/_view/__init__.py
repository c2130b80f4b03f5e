"""What pages share: state, live views, widgets, figures and the report."""
