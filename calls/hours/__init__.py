"""May I call now? The pure core: no database, no clock of its own; "we do not know" never means yes.

`zones` says what time it may be where a number belongs, `presets` which hours the law or prudence leaves,
`verdict` whether an instant is within them, and `sentences` says it in words.
"""
