"""A notebook, a page or a log becomes the draft of a document; and what its history says of its numbers."""
