@rem npm's scripts begin with the exec of a shell, so that the program gets the signals that npm passes on. cmd.exe has
@rem none: it finds this file, since npm runs scripts in this folder, and starts what follows.
@%*
