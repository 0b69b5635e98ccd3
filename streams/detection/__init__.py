"""Statistical detection of unusual counts. Pure functions on arrays: no broker, no database, no clock.

`farrington` tests each series by itself, `pooled` all series together; `families` turns p-values into levels, `scan`
tells an upload's artefact from an event, `declarations` watches the declarations themselves. Whatever is asked, a
value comes with a `Verdict`: where nothing can be said, the verdict says why.
"""
