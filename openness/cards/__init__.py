"""Model cards and data cards, read as blocks with their lines and judged on content, criterion by criterion."""
