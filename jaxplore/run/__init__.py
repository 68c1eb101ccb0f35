"""`jaxplore run`: a program under observation, and a report of what was compiled in it.

Two processes. The first (`supervisor`) starts the program in a second one, with the same
interpreter, terminal, files, environment and signals, and waits. The second is plain
`python script.py`: nothing of jaxplore is between Python and the program. It is reached
through `startup/sitecustomize.py`, which Python itself runs before any program: the folder
stands in PYTHONPATH, takes itself out again at once, and runs the sitecustomize that would
have run without it. All it leaves behind is an import hook and an exit handler (`child`): after the
program's own `import jax`, and not earlier, the observation begins (`recorder`). So what a
program sets before it imports JAX (XLA_FLAGS, JAX_PLATFORMS, ...) works as always.

Every compile is appended to a file (`journal`) as it happens, so the report has it even where
the program ends by `os._exit`, a signal or a crash. When the program has ended the first
process reads the files, writes the report, and ends as the program did: with its exit status,
or by the same signal.

What is observed:
    The program's own process, and what it forks: rows name their process.
    Processes started by multiprocessing's "spawn": only the command line of the new process
    changes, by one statement before its own.
    Not observed: other programs (subprocess, os.exec), and multiprocessing's "forkserver".

Signals: SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 that only the first process gets are passed on.
Ctrl-C reaches both by itself; SIGINT and SIGQUIT are passed on only where no terminal sends
them. A signal sent to both at once may reach the program twice.
"""
