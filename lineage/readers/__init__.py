"""One reader of claims for each kind of source. A reader takes text or parsed values and returns a `Reading`."""
