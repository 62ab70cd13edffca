"""Operations, one a file; each imports core and nothing beside it."""
