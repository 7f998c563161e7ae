"""A folder for each document: claims, experiments, alternatives and faults. Data and declarations only."""
