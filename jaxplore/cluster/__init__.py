"""Several processes that JAX has joined, driven from one notebook.

`local` starts processes, `joining` joins them, `handle` is what people hold, `waiting` knows
who answers and who is lost. In each process: `engine` runs cells, `recording` writes down what
they show, `comparing` and `meeting` see to it that all run the same program, `whereabouts`
says where a process is. `watched` ends a process whose notebook has died.
"""
