"""What Python's jinja2 makes of templates, one JSON object a line.

  jinja.py own FILE            the templates of a file, each with "chat" or "prompt" and variables
  jinja.py fuzz SEED COUNT     templates put together at random
"""
import copy
import datetime
import json
import random
import re
import sys
import warnings

import jinja2
import jinja2.ext
import jinja2.sandbox


warnings.simplefilter("ignore")


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = self.call_method("_body")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def chat():
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    now = datetime.datetime(2026, 11, 25, 3, 4, 5)
    environment.globals["strftime_now"] = lambda format: now.strftime(format)
    return environment


def prompt():
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    environment.filters["regex_replace"] = (
        lambda string, pattern, repl, count=0: re.sub(pattern, repl, string, count=count))
    return environment


ENVIRONMENTS = {"chat": chat(), "prompt": prompt()}


def outcome(case):
    try:
        case["expect"] = ENVIRONMENTS[case["setting"]].from_string(case["template"]).render(**copy.deepcopy(case["variables"]))
    except Exception as e:  # whatever it is, the engine has to fail as well
        case["error"] = type(e).__name__ + ": " + str(e)
    return case


VARIABLES = {
    "s": "Hello, Wörld! 😀 it's", "w": "  a b\tc \n", "e": "", "n": 7, "m": -3, "z": 0, "f": 2.5, "g": -0.125,
    "t": True, "o": None, "l": [3, 1, 2], "k": ["b", "A", "c", "a"], "q": [],
    "d": {"b": 1, "a": [1, 2], "items2": "x"}, "r": [{"x": 1, "y": "u"}, {"x": 2}, {"x": 1, "y": None}],
}
NAMES = list(VARIABLES) + ["nothing"]
LITERALS = ["0", "1", "2", "-1", "3", "10", "1.5", "1e3", "'a'", "'b,c'", '"it\'s"', "'é\\n'", "''", "true", "none",
            "[1, 2, 3]", "['x', 'y']", "(1, 'a')", "{'k': 1, 'j': [none]}", "[]", "{}", "' '", "'%s-%s'", "'{}:{}'"]
BINARY = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]
FILTERS = ["upper", "lower", "trim", "capitalize", "title", "length", "first", "last", "list", "int", "float", "string",
           "abs", "round", "sort", "reverse|list", "unique|list", "sum", "min", "max", "join", "join(', ')", "tojson",
           "tojson(indent=2)", "default('D')", "default('D', true)", "items|list", "dictsort", "indent", "indent(2, true)",
           "replace('a', 'bb')", "replace('l', '', 1)", "map('upper')|list", "map(attribute='x')|list",
           "selectattr('x')|list", "selectattr('x', 'equalto', 1)|list", "rejectattr('y', 'defined')|list",
           "select('odd')|list", "reject('none')|list", "round(1)", "round(1, 'floor')", "batch(2)|list",
           "slice(2)|list", "escape", "truncate(5)", "wordcount", "center(12)", "sort(reverse=true)",
           "sum(attribute='x')", "groupby('x')", "max(attribute='x')", "urlencode", "int(3)", "select|list",
           "map('string')|join('|')", "format(1, 2)", "unique|join", "forceescape", "count", "string|list"]
TESTS = ["defined", "undefined", "none", "string", "number", "integer", "float", "mapping", "sequence", "iterable",
         "boolean", "true", "false", "odd", "even", "divisibleby(3)", "lower", "upper", "eq(1)", "in([1, 2])",
         "sameas(true)", "callable", "gt(1)", "not none", "not defined"]
METHODS = ["upper()", "lower()", "strip()", "lstrip()", "rstrip(' \\n')", "split()", "split(',')", "split(' ', 1)",
           "rsplit(None, 1)", "rsplit('l', 1)", "replace('l', 'L')", "replace('', '-')", "startswith('He')",
           "endswith(('s', 't'))", "find('l')", "rfind('l')", "count('l')", "title()", "capitalize()", "swapcase()",
           "isdigit()", "isalpha()", "isupper()", "zfill(10)", "ljust(8)", "rjust(8, '*')", "center(9)", "splitlines()",
           "partition(',')", "rpartition(' ')", "join(['x', 'y'])", "format(1, 'b')", "removeprefix('He')", "index('l')",
           "items()|list", "keys()|list", "values()|list", "get('a')", "get('zz', 5)", "items()", "copy()",
           "append(1)", "index(1)", "count(1)", "expandtabs(4)", "casefold()", "isspace()", "istitle()"]
SUBSCRIPTS = ["[0]", "[-1]", "[5]", "['a']", "['x']", "[1:]", "[:-1]", "[::-1]", "[::2]", "[-2:]", "[3:1:-1]", "[:2]",
              ".a", ".x", ".0", ".upper", "[-1::-2]", "[none:1]", "[10:]", "['items2']"]
SPECS = ["{:>8}", "{:<8}|", "{:^9}", "{:05d}", "{:.2f}", "{:+d}", "{:,}", "{:x}", "{:#x}", "{:e}", "{:g}", "{:%}",
         "{:*^12}", "{:08.3f}", "{!r}", "{!s:>6}", "{:10.3}", "{:_}", "{:b}", "{:.3}", "{:n}", "{0}{0}", "{:=+7}"]
PERCENTS = ["%s", "%d", "%5d|", "%-5d|", "%05d", "%+d", "%.2f", "%8.3f", "%e", "%g", "%x", "%r", "%%%s", "%5s|", "%.2s",
            "%i", "%#x", "%o", "%G", "%c"]


def expression(rng, depth):
    if depth == 0:
        return rng.choice(NAMES) if rng.random() < 0.7 else rng.choice(LITERALS)
    inner = lambda: expression(rng, depth - 1)
    kind = rng.randrange(12)
    if kind <= 1:
        return f"({inner()} {rng.choice(BINARY)} {inner()})"
    if kind <= 4:
        return f"{inner()}|{rng.choice(FILTERS)}"
    if kind == 5:
        return f"({inner()} is {rng.choice(TESTS)})"
    if kind == 6:
        return f"({inner()}).{rng.choice(METHODS)}"
    if kind == 7:
        # Not of constants: these jinja2 folds with other rules than at run time.
        return f"({rng.choice(NAMES)}{rng.choice(['', '', '|list', '|string'])}){rng.choice(SUBSCRIPTS)}"
    if kind == 8:
        return f"({inner()} if {inner()} else {inner()})"
    if kind == 9:
        return rng.choice([f"(-{inner()})", f"(not {inner()})", f"[{inner()}, {inner()}]", f"{{'k': {inner()}}}"])
    if kind == 10:
        return f"'{rng.choice(SPECS)}'.format({inner()})"
    return f"('{rng.choice(PERCENTS)}' % {inner()})"


def sign(rng):
    return rng.choice(["", "", "", "-", "+"])


def tag(rng, text):
    return "{%" + sign(rng) + " " + text + " " + sign(rng) + "%}"


def block(rng, depth):
    space = rng.choice(["", " ", "\n", "  \n  ", "\n\n\t", "x\n", " y "])
    inner = lambda: "".join(block(rng, depth - 1) for _ in range(rng.randrange(1, 3)))
    kind = rng.randrange(9) if depth else 0
    if kind <= 2:
        minus = rng.choice(["", "", "-"])
        return space + "{{" + rng.choice(["", "", "-"]) + " " + expression(rng, rng.randrange(4)) + " " + minus + "}}"
    if kind == 3:
        return space + tag(rng, f"if {expression(rng, 2)}") + inner() + tag(rng, "else") + inner() + tag(rng, "endif")
    if kind == 4:
        parts = rng.choice(["{{ v }}", "{{ loop.index }}{{ v }}", "{{ loop.last }},", "{% set n = v %}{{ n }}",
                            "{{ loop.previtem is defined }}{{ loop.nextitem }}", "{{ loop.cycle('a', 'b') }}"])
        condition = rng.choice(["", "", " if v", " if v is not none"])
        return (space + tag(rng, f"for v in {expression(rng, 1)}{condition}") + parts + space
                + tag(rng, "else") + "none" + tag(rng, "endfor"))
    if kind == 5:
        name = rng.choice(NAMES)
        return space + tag(rng, f"set {name} = {expression(rng, 2)}") + "{{ " + name + " }}"
    if kind == 6:
        return (space + tag(rng, "macro p(a, b=2)") + " {{ a }}{{ b }}" + inner() + tag(rng, "endmacro")
                + "{{ p(" + expression(rng, 1) + ") }}")
    if kind == 7:
        return space + "{#" + sign(rng) + " note " + sign(rng) + "#}" + space
    return space + tag(rng, f"with v = {expression(rng, 1)}") + inner() + "{{ v }}" + tag(rng, "endwith")


def fuzz(seed, count):
    rng = random.Random(seed)
    while count:
        template = "".join(block(rng, 2) for _ in range(rng.randrange(1, 4)))
        case = outcome({"setting": rng.choice(["chat", "prompt"]), "template": template, "variables": VARIABLES})
        text = case.get("expect", "")
        if " object at 0x" in text or "<" in text and " of " in text or len(text) > 20000:
            continue  # an address in memory
        if "error" in case and rng.random() < 0.8:
            continue  # most values do not go together
        del case["variables"]
        yield case
        count -= 1


if sys.argv[1] == "own":
    for each in json.load(open(sys.argv[2])):
        each.setdefault("variables", {})
        print(json.dumps(outcome(each)))
else:
    print(json.dumps(VARIABLES))
    for each in fuzz(int(sys.argv[2]), int(sys.argv[3])):
        print(json.dumps(each))
