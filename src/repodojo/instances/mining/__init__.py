"""Makes instances of the rows that git clones give: environments found, tests run, lists proven."""
