"""`Expression`: the formula that methods return, suites define and the judge compares.

A tree of constants, variables, named constants and operators. Trees are immutable, bounded in size and depth when
they are built, and handled without recursion, so no formula can exhaust the interpreter's stack. Text becomes a tree
through our own parser only (`srbench_lite.expressions.parsing`): nothing is ever passed to `eval` or `sympify`.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.operators import NAMED_CONSTANTS, OPERATORS, array_function

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from srbench_lite.expressions.parsing import Reading

__all__ = ["MAX_DEPTH", "MAX_NAME", "MAX_NODES", "Expression"]

#: No tree is larger than this; the largest formula any method of the field was seen to return had about 3,000 nodes.
MAX_NODES: Final = 10_000
#: No tree is deeper than this (a sum of 999 terms is 1,000 deep).
MAX_DEPTH: Final = 1_000
#: No variable's name is longer than this, in characters, so that the text of every tree can be read back.
MAX_NAME: Final = 100

_CONSTANT: Final = "constant"
_VARIABLE: Final = "variable"

T = TypeVar("T")


class Expression:
    """An immutable formula.

    Made by `Expression.parse(text)`, by `Expression.variable`, `.constant`, `.named` and `.call`, or with Python's
    operators on those: `2 * Expression.variable("x") + 1`.

    Attributes:
        op: `"constant"`, `"variable"`, the name of a named constant (`"pi"`, `"e"`) or of an operator
            (`srbench_lite.expressions.operators.OPERATORS`).
        value: the number, for constants; None otherwise.
        name: the variable's name, for variables; None otherwise.
        args: the arguments, for operators; empty otherwise.
        complexity: number of nodes of the tree; constants and variables count one each.
        depth: number of nodes on the longest path from the root to a leaf.
    """

    __slots__ = ("_hash", "args", "complexity", "depth", "name", "op", "value")
    __array_ufunc__ = None  # NumPy's numbers leave `number * expression` to us, arrays refuse it

    op: str
    value: float | None
    name: str | None
    args: tuple[Expression, ...]
    complexity: int
    depth: int
    _hash: int

    def __init__(
        self, op: str, *, value: float | None = None, name: str | None = None, args: Sequence[Expression] = ()
    ) -> None:
        if op == _CONSTANT:
            value = _finite(value)
        elif op == _VARIABLE:
            if not isinstance(name, str) or not name.isidentifier() or not name.isascii():
                raise ExpressionError(f"a variable's name must be an ASCII identifier such as x or x_1, got {name!r}")
            if len(name) > MAX_NAME:
                raise ExpressionError(f"a variable's name may have at most {MAX_NAME} characters, got {len(name):,}")
        elif op in OPERATORS:
            wanted = OPERATORS[op].arity
            if len(args) != wanted:
                raise ExpressionError(f"{op} takes {wanted} argument{'s' * (wanted != 1)}, got {len(args)}")
            for arg in args:
                if not isinstance(arg, Expression):
                    raise ExpressionError(f"the arguments of {op} must be Expressions, got {type(arg).__name__}")
        elif op not in NAMED_CONSTANTS:
            raise ExpressionError(f"unknown operator {op!r}; known: {', '.join(sorted(OPERATORS))}")
        if (value is not None) != (op == _CONSTANT) or (name is not None) != (op == _VARIABLE):
            raise ExpressionError(f"only a constant has a value and only a variable a name, not {op}")
        if args and op not in OPERATORS:
            raise ExpressionError(f"only an operator has arguments, not {op}")
        complexity, below = 1, 0
        for arg in args:
            complexity += arg.complexity
            below = max(below, arg.depth)
        depth = below + 1
        if complexity > MAX_NODES:
            raise ExpressionError(f"a formula may have at most {MAX_NODES:,} nodes, this one has {complexity:,}")
        if depth > MAX_DEPTH:
            raise ExpressionError(f"a formula may be at most {MAX_DEPTH:,} nodes deep; this one is deeper")
        put = object.__setattr__
        put(self, "op", op)
        put(self, "value", value)
        put(self, "name", name)
        put(self, "args", tuple(args))
        put(self, "complexity", complexity)
        put(self, "depth", depth)
        put(self, "_hash", hash((op, value, name, tuple([arg._hash for arg in args]))))

    # --- building -------------------------------------------------------------------------------------------------

    @classmethod
    def parse(
        cls, text: str, *, variables: Iterable[str] | Mapping[str, str] | None = None, dialect: str | None = None,
        implicit_products: bool = False,
    ) -> Expression:  # fmt: skip
        """Read a formula.

        Args:
            text: infix text: `+ - * / ** ^`, parentheses, the functions of the operator table and many that are written
                out with them, `pi`, `e`.
            variables: names that are variables, even where they spell a named constant; any other name is an
                error. In a sequence they have an order, and X[0], x[:, 0] and a dialect's X1 are read by it; a mapping
                gives the variable for each printed name. By default every name that is no named constant is a variable.
            dialect: the program that printed it: pysr, operon, gplearn, sympy, numpy or latex.
            implicit_products: whether values beside each other are products: 2 x y.

        Raises:
            ExpressionError: the text is no formula; the message points at the place.
        """
        from srbench_lite.expressions.parsing import parse

        return parse(text, variables=variables, dialect=dialect, implicit_products=implicit_products)

    @classmethod
    def read(
        cls, text: str, *, variables: Iterable[str] | Mapping[str, str] | None = None,
        declared: Iterable[str] | Mapping[str, str] = (), dialect: str | None = None, implicit_products: bool = False,
    ) -> Reading:  # fmt: skip
        """Read a formula as `parse` does, and say what was assumed.

        Args:
            text: the formula.
            variables: as for `parse`.
            declared: without `variables`, names that are variables whatever else they spell, or a mapping as for
                `variables`; other names may be variables, too.
            dialect: as for `parse`.
            implicit_products: as for `parse`.

        Returns:
            The formula, notes, and the variable that each printed name stands for.

        Raises:
            ExpressionError: the text is no formula; the message points at the place.
        """
        from srbench_lite.expressions.parsing import read

        return read(text, variables=variables, declared=declared, dialect=dialect, implicit_products=implicit_products)

    @classmethod
    def constant(cls, value: float) -> Expression:
        """Return the constant `value`, which must be finite."""
        return cls(_CONSTANT, value=value)

    @classmethod
    def variable(cls, name: str) -> Expression:
        """Return the variable `name`."""
        return cls(_VARIABLE, name=name)

    @classmethod
    def named(cls, name: str) -> Expression:
        """Return the named constant `pi` or `e`."""
        if name not in NAMED_CONSTANTS:
            raise ExpressionError(f"unknown named constant {name!r}; known: {', '.join(NAMED_CONSTANTS)}")
        return cls(name)

    @classmethod
    def call(cls, op: str, *args: Expression | float) -> Expression:
        """Return the operator `op` applied to `args`; numbers become constants."""
        return cls(op, args=[_lift(arg) for arg in args])

    @classmethod
    def from_sympy(cls, expr: Any) -> Expression:
        """Convert a SymPy expression; raises `ExpressionError` for what the operator table does not have."""
        from srbench_lite.expressions.printing import from_sympy

        return from_sympy(expr)

    # --- reading --------------------------------------------------------------------------------------------------

    @property
    def is_constant(self) -> bool:
        """Whether this node is a number (named constants are not)."""
        return self.op == _CONSTANT

    @property
    def is_variable(self) -> bool:
        """Whether this node is a variable."""
        return self.op == _VARIABLE

    @property
    def is_operator(self) -> bool:
        """Whether this node has arguments."""
        return bool(self.args)

    def postorder(self) -> Iterator[Expression]:
        """Yield every node, arguments before their operator, left to right."""
        stack: list[tuple[Expression, bool]] = [(self, False)]
        while stack:
            node, expanded = stack.pop()
            if expanded or not node.args:
                yield node
            else:
                stack.append((node, True))
                stack.extend((arg, False) for arg in reversed(node.args))

    def fold(self, leaf: Callable[[Expression], T], inner: Callable[[Expression, list[T]], T]) -> T:
        """Compute a value bottom-up: `leaf(node)` at leaves, `inner(node, values of the arguments)` above them."""
        values: list[T] = []
        for node in self.postorder():
            arity = len(node.args)
            if arity:
                result = inner(node, values[-arity:])
                del values[-arity:]
                values.append(result)
            else:
                values.append(leaf(node))
        return values[0]

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables that occur, sorted."""
        return tuple(sorted({node.name for node in self.postorder() if node.name is not None}))

    @property
    def constants(self) -> tuple[float, ...]:
        """The numbers that occur, in text order (named constants are none of them)."""
        return tuple(node.value for node in self.postorder() if node.value is not None)

    def with_constants(self, values: Iterable[float]) -> Expression:
        """Return the same tree with other numbers, given in the order of `constants`."""
        new = list(values)
        if len(new) != len(self.constants):
            raise ExpressionError(f"this formula has {len(self.constants)} constants, got {len(new)}")
        supply = iter(new)
        return self.fold(
            lambda node: Expression.constant(next(supply)) if node.is_constant else node,
            lambda node, args: Expression(node.op, args=args),
        )

    def substitute(self, mapping: Mapping[str, Expression]) -> Expression:
        """Return the formula with variables replaced by formulas, all at once."""
        return self.fold(
            lambda node: mapping.get(node.name, node) if node.name is not None else node,
            lambda node, args: Expression(node.op, args=args),
        )

    def derivative(self, variable: str) -> Expression:
        """Return the derivative with respect to `variable`, lightly simplified: 0 where it does not occur.

        Raises:
            ExpressionError: `variable` is no identifier, or the derivative has too many nodes.
        """
        from srbench_lite.expressions.symbolic_derivative import derivative

        return derivative(self, variable)

    def __call__(self, columns: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Evaluate in float64.

        Args:
            columns: one array of shape (n,) for each variable of the formula; more are allowed.

        Returns:
            Values of shape (n,); NaN or infinity where the formula is not defined. Without any column, (1,).

        Raises:
            ExpressionError: a variable has no column.
        """
        import numpy as np

        def leaf(node: Expression) -> Any:
            if node.is_constant:
                return np.float64(node.value)
            if node.name is not None:
                if node.name not in columns:
                    raise ExpressionError(f"no values for the variable {node.name}; given: {', '.join(columns)}")
                return np.asarray(columns[node.name], dtype=np.float64)
            return np.float64(NAMED_CONSTANTS[node.op][0])

        with np.errstate(all="ignore"):
            result = self.fold(leaf, lambda node, args: array_function(node.op)(*args))
        shape = np.shape(next(iter(columns.values()))) if columns else (1,)
        return np.array(np.broadcast_to(np.asarray(result, dtype=np.float64), shape))

    # --- other notations ------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        from srbench_lite.expressions.printing import to_text

        return to_text(self)

    def __repr__(self) -> str:
        return f"Expression.parse({str(self)!r})"

    def to_latex(self) -> str:
        """Return LaTeX, for mathematical mode."""
        from srbench_lite.expressions.printing import to_latex

        return to_latex(self)

    def to_sympy(self, *, positive: Iterable[str] = ()) -> Any:
        """Return a SymPy expression; all variables are real, those in `positive` positive.

        Raises:
            ExpressionError: the formula is too deep for SymPy, or holds a power of numbers with too many digits.
        """
        from srbench_lite.expressions.printing import to_sympy

        return to_sympy(self, positive=positive)

    def to_python(self, name: str = "f", *, arguments: Iterable[str] | None = None) -> str:
        """Return the source of a Python function of numbers, which needs `math` only.

        It raises what `math` raises where the formula is undefined: ValueError, ZeroDivisionError, OverflowError. Of an
        ifelse whose arguments are nested more than 30 deep it computes both.

        Args:
            name: of the function.
            arguments: the variables in the order of the arguments; by default sorted.

        Raises:
            ExpressionError: a variable is missing, the name is none, or the language has no such function.
        """
        from srbench_lite.expressions.code_writing import to_python

        return to_python(self, name, arguments=arguments)

    def to_numpy(self, name: str = "f", *, arguments: Iterable[str] | None = None) -> str:
        """Return the source of a Python function of NumPy arrays; see `to_python`. It gives NaN where undefined."""
        from srbench_lite.expressions.code_writing import to_numpy

        return to_numpy(self, name, arguments=arguments)

    def to_c(self, name: str = "f", *, arguments: Iterable[str] | None = None) -> str:
        """Return the source of a C function of doubles, with math.h; see `to_python`. It gives NaN where undefined."""
        from srbench_lite.expressions.code_writing import to_c

        return to_c(self, name, arguments=arguments)

    # --- value semantics ------------------------------------------------------------------------------------------

    def __setattr__(self, attribute: str, value: object) -> None:
        raise AttributeError(f"an Expression cannot be changed (tried to set {attribute})")

    def __delattr__(self, attribute: str) -> None:
        raise AttributeError(f"an Expression cannot be changed (tried to delete {attribute})")

    def __copy__(self) -> Expression:
        return self

    def __deepcopy__(self, memo: object) -> Expression:
        return self

    def __reduce__(self) -> tuple[Callable[..., Expression], tuple[Any, ...]]:
        return _rebuild, (tuple((node.op, node.value, node.name) for node in self.postorder()),)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Expression):
            return NotImplemented
        if self is other:
            return True
        if hash(self) != hash(other) or self.complexity != other.complexity:
            return False
        return all(
            a.op == b.op and a.value == b.value and a.name == b.name
            for a, b in zip(self.postorder(), other.postorder(), strict=True)
        )

    def __add__(self, other: Expression | float) -> Expression:
        return Expression.call("add", self, other)

    def __radd__(self, other: float) -> Expression:
        return Expression.call("add", other, self)

    def __sub__(self, other: Expression | float) -> Expression:
        return Expression.call("sub", self, other)

    def __rsub__(self, other: float) -> Expression:
        return Expression.call("sub", other, self)

    def __mul__(self, other: Expression | float) -> Expression:
        return Expression.call("mul", self, other)

    def __rmul__(self, other: float) -> Expression:
        return Expression.call("mul", other, self)

    def __truediv__(self, other: Expression | float) -> Expression:
        return Expression.call("div", self, other)

    def __rtruediv__(self, other: float) -> Expression:
        return Expression.call("div", other, self)

    def __pow__(self, other: Expression | float) -> Expression:
        return Expression.call("pow", self, other)

    def __rpow__(self, other: float) -> Expression:
        return Expression.call("pow", other, self)

    def __neg__(self) -> Expression:
        return Expression.call("neg", self)


def _lift(value: Expression | float) -> Expression:
    return value if isinstance(value, Expression) else Expression.constant(value)


def _finite(value: object) -> float:
    """Return any kind of real number (NumPy's included) as a finite float, never a negative zero."""
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            raise ExpressionError("a constant must be a finite number, got one beyond 1.8e308") from None
        if math.isfinite(number):
            return number + 0.0
    raise ExpressionError(f"a constant must be a finite number, got {value!r}")


def _rebuild(nodes: tuple[tuple[str, float | None, str | None], ...]) -> Expression:
    """Rebuild a pickled formula from its nodes in postorder: flat, so depth cannot exhaust pickle's stack."""
    built: list[Expression] = []
    for op, value, name in nodes:
        first = len(built) - (OPERATORS[op].arity if op in OPERATORS else 0)
        args = built[first:]
        del built[first:]
        built.append(Expression(op, value=value, name=name, args=args))
    return built[0]
