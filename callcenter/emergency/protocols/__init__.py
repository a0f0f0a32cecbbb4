"""What is asked and done in an emergency, step by step: protocols as files, one version of each pinned to the run that uses it.

`schema` and `graph` say what a file may hold, `reading` tells its author what is wrong and where, `library` holds what is in force, `choosing` picks one,
`rules` walks it; none of them knows a database. A run and its steps are rows (`models`, `actions`, `queries`). What a step asks the console to do (a call to
120, a door check) is done by its owner; here stands only that it was done (docs/protocols.md).
"""
