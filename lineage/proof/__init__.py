"""Whether a model really comes from its parents, by its weights: read as numbers from files, never loaded.

`weights` opens a folder, `pairs` says which tensor of one model is which of another, `likeness` measures them,
`merging` makes a merge again from its recipe, `recovery` finds the recipe from the result, `judging` draws the verdict.
Pure but for the files it maps; every figure is streamed a piece at a time, so memory does not grow with the model.
"""
