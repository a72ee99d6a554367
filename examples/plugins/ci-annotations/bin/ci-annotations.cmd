@node "%~dp0..\ci-annotations.mjs" annotate %*
