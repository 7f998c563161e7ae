"""Where the images come from: file forms, folders, downloads, and digits that stand in."""
