"""Random templates give the same text in Ondol as in Jinja2, or fail in both."""

import json
import os
import random
import re

import jinja2
import jinja2.ext
import jinja2.sandbox
import pytest
import template_grammar

import ondol

#: ONDOL_FUZZ_TEMPLATES and ONDOL_FUZZ_SEED: more of them, others.
TEMPLATES = int(os.environ.get("ONDOL_FUZZ_TEMPLATES", 6000))
SEED = int(os.environ.get("ONDOL_FUZZ_SEED", 1))
RENDERS_A_TEMPLATE = 4
PARTS = 4

#: Where the two may differ, by what is in the reference's text or its error.
DELIBERATE = re.compile(
    r" at 0x[0-9a-f]+|<built-in|<function"  # addresses and names of Python's own objects
    r"|AssertionError: Tried to resolve"  # a bug of Jinja2's compiler: a block or caller inside of a loop
    r"|NameError: name '(inf|nan)'"  # another: an expression of constants that is no finite number
    r"|TooLarge"  # memory and time, which Jinja2 does not limit
    r"|Exceeds the limit"  # integers of more than 4300 digits fail where they are computed, not where they are printed
)
#: And by Ondol's error, where Jinja2 has a text: its optimizer never looks at what stands behind a constant that decides,
#: and makes nothing of a slice of a constant number.
STRICTER = re.compile(r"No (filter|test) named|object is not subscriptable")


class Generation(jinja2.ext.Extension):
    """{% generation %}, as transformers has it."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    @jinja2.pass_eval_context
    def _body(self, context, caller):
        return caller()


def raise_exception(message):
    raise jinja2.TemplateError(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


class TooLarge(Exception):
    """What Jinja2 would compute for minutes, or until memory is gone."""


class Environment(jinja2.sandbox.ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(["*", "**"])

    def call_binop(self, context, operator, left, right):
        if operator == "**" and isinstance(left, int) and isinstance(right, int) and left.bit_length() * right > 50_000:
            raise TooLarge
        if operator == "*":
            for sequence, times in ((left, right), (right, left)):
                if isinstance(sequence, (str, list, tuple)) and isinstance(times, int) and len(sequence) * times > 100_000:
                    raise TooLarge
        return super().call_binop(context, operator, left, right)


def environment():
    """transformers' environment for chat templates."""
    made = Environment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols], cache_size=0)
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    return made


def outcome(call):
    """The text, or None and the error."""
    try:
        return call(), ""
    except Exception as error:  # whatever Python raises inside of a template
        return None, f"{type(error).__name__}: {error}"


def compiled(make, source):
    template, error = outcome(lambda: make(source))
    return (lambda data: outcome(lambda: template(data))) if template else (lambda data: (None, error))


def difference(reference, found):
    """What is wrong with `found`, or None; both are pairs of text and error."""
    if found[1] and not found[1].startswith("Error: "):
        return "another exception than ondol.Error"
    if DELIBERATE.search(reference[0] or reference[1]):
        return None
    if STRICTER.search(found[1]) and reference[0] is not None:
        return None
    return None if reference[0] == found[0] else "another text"


def run(seed, templates):
    """Renders that agreed, and how many of them gave a text. Prints what differs."""
    rng = random.Random(seed)
    env = environment()
    renders = texts = 0
    differing = []
    for _ in range(templates):
        source = template_grammar.template(rng)
        theirs = compiled(lambda text: lambda data, t=env.from_string(text): t.render(ALWAYS | data), source)
        ours = compiled(lambda text: lambda data, t=ondol.ChatTemplate(text): t.render([], **data), source)
        for _ in range(RENDERS_A_TEMPLATE):
            data = template_grammar.data(rng)
            reference, found = theirs(data), ours(data)
            wrong = difference(reference, found)
            if wrong:
                differing.append(f"{wrong}\n  template: {source!r}\n  data: {data!r}\n  Jinja2: {reference!r}\n  Ondol: {found!r}")
                break
            renders += 1
            texts += reference[0] is not None
    return renders, texts, differing


#: What transformers, and so Ondol, passes to every template.
ALWAYS = {"messages": [], "tools": None, "documents": None, "add_generation_prompt": True}


@pytest.mark.parametrize("part", range(PARTS))
def test_random_templates(part):
    renders, texts, differing = run(SEED * 1000 + part, TEMPLATES // PARTS)
    assert not differing, f"{len(differing)} templates differ; the first:\n" + "\n".join(differing[:5])
    assert renders == TEMPLATES // PARTS * RENDERS_A_TEMPLATE
    assert texts > renders // 2
