"""The histogram: a second view of the operation that is pending, and of the image that it looks at.

It names no operation. What lies on it is read from the roles of declared parameters (`Role.LOWEST` and `Role.HIGHEST`:
an intensity on the axis; `Role.LOWEST_SHARE` and `Role.HIGHEST_SHARE`: a fraction of the voxels, a place on their
cumulative curve; `Role.WITHOUT_ZEROS`), from `Operation.found` (what it finds itself) and from
`IntensityInput.looked_at` (what it compares, smoothing and all, which is counted). It has no change of its own: what is
dragged or typed is set in the form that is pending (`range_in_hand`), which has the one Apply.

`panel` puts together the `plot`, the `source_bar` (what is counted: `counting`), what is found (`findings`) and the
menu of the rest (`more_menu`). On the plot, `places` knows where things lie, `pictured` is what is drawn of them, by
`drawing` on a `ground` that stays while something moves, and `grips` moves it.
"""
