"""XLA's passes in words."""

import re
from typing import Final

_WORDS: Final = {
    "algsimp": "simplify algebra",
    "after_layout_assignment": "settle the layouts",
    "all-gather-combiner": "combine all-gathers",
    "all-reduce-combiner": "combine all-reduces",
    "batch-dot-simplification": "simplify batched matrix products",
    "batchnorm_expander": "expand batch normalisation",
    "call-inliner": "inline calls",
    "CallInliner": "inline calls",
    "cholesky_expander": "expand Cholesky decompositions",
    "comparison-expander": "expand comparisons",
    "conditional-canonicalizer": "settle the form of conditionals",
    "conditional-to-select": "turn conditionals into selects",
    "constant_folding": "compute what is constant",
    "convolution-group-converter": "convert grouped convolutions",
    "copy-insertion": "insert copies",
    "cpu-all-reduce-combiner": "combine all-reduces",
    "cpu-parallel-task-assigner": "split work between threads",
    "cse": "merge equal instructions",
    "dce": "remove dead code",
    "dot-library-rewriter": "hand matrix products to a library",
    "dot_decomposer": "decompose matrix products",
    "dot-merger": "merge matrix products",
    "dynamic_padder": "pad dynamic shapes",
    "final": "last changes before code is made",
    "flatten-call-graph": "give each call its own computation",
    "float-normalization-bf16": "compute in a type the machine has",
    "fusion": "fuse instructions",
    "fusion-wrapper": "wrap single instructions as fusions",
    "gather_expander": "expand gathers",
    "gemm-rewriter": "hand matrix products to a library",
    "horizontal_loop_fusion": "fuse loops side by side",
    "layout-assignment": "choose memory layouts",
    "logistic-expander": "expand logistic functions",
    "multi_output_fusion": "fuse instructions with several outputs",
    "multi-output-fusion": "fuse instructions with several outputs",
    "optimize-input-output-buffer-alias": "let outputs reuse inputs",
    "parallel-task-assigner": "split work between threads",
    "priority-fusion": "fuse instructions",
    "reduce-decomposer": "decompose reductions",
    "reduce-window-rewriter": "rewrite windowed reductions",
    "reshape-mover": "move reshapes",
    "rng-bit-generator-expander": "expand random bits",
    "rng-expander": "expand random numbers",
    "scatter_expander": "expand scatters",
    "schedule": "put the instructions in order",
    "shape-canonicalizer": "share equal shapes",
    "sharding-propagation": "spread the shardings",
    "sharding-remover": "remove the marks of shardings",
    "shardy-xla": "spread the shardings",
    "simplify-conditional": "simplify conditionals",
    "simplify-sorts": "simplify sorts",
    "small-while-loop-hoisting": "make small loops calls",
    "spmd-partitioning": "split the program over devices",
    "subcomputation-unification": "share equal computations",
    "sub-byte-size-setter": "pack small integers",
    "topk-rewriter": "find top-k",
    "transpose-folding": "fold transposes into their users",
    "tree_reduction_rewriter": "reduce in a tree",
    "triangular_solve_expander": "expand triangular solves",
    "tuple-simplifier": "simplify tuples",
    "while-loop-constant-sinking": "move constants into loops",
    "while-loop-invariant-code-motion": "move unchanging code out of loops",
    "while-loop-simplifier": "simplify loops",
    "while-loop-trip-count-annotator": "count the runs of loops",
    "zero_sized_hlo_elimination": "remove arrays without elements",
}
_JOINTS: Final = re.compile(r"[-_\s]+")


def words_of(name: str) -> str:
    """What a pass does; its name with spaces where only XLA knows.

    >>> words_of("algsimp"), words_of("some-new_pass")
    ('simplify algebra', 'some new pass')
    """
    return _WORDS.get(name) or _JOINTS.sub(" ", name).strip()
