@node "%~dp0..\ci-annotations.mjs" code-quality %*
