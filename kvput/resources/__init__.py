"""The rules of the product: what a request means for the store, without HTTP's edge or the disk."""
