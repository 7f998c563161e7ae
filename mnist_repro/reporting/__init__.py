"""Result objects in; text, files and exports out. Reads no record, draws no random number, decides nothing."""
