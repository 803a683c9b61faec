"""Random templates and data for test_template_fuzz.py, from a grammar.

A rule's alternatives stand on a line each; "<name>" in one of them is expanded in turn, "NAME" in capitals comes from a
function below. Where the expansion is deep enough only alternatives without "<" are taken, so each rule has some.
"""

import random
import re
import string

GRAMMAR = r"""
template: <block>
<block><block>
<block><block><block>
<block><block><block><block><block>

block: TEXT
{{ s }}
TEXT{{ <any> }}
{{ <any> }}TEXT
{{ <int> }}
{{ <real> }}
{{ <str> }}
{{ <str>|e }}{{ <str>|escape|upper }}{{ (<str>|e)[:INDEX] }}
{{ (<str>|e) + <str> }}{{ <str> + (<str>|safe) }}{{ (<str>|e)|replace('a', 'b') }}{{ <str>|e is escaped }}
{{ <bool> }}
{{ <list> }}
{{ <dict> }}
{{<str>}}
{{- <any> -}}
  {{- <str> }}TEXT
TEXT{{ <int> -}} TEXT
{% print <any> %}
{% if <bool> %}<block>{% endif %}
{%- if <bool> -%} <block> {%- else -%} <block> {%- endif -%}
TEXT{% if <any> %}<block>{% elif <bool> %}<block>{% else %}<block>{% endif %}TEXT
{% if <bool> +%}  TEXT{% endif +%}TEXT
{% for i in <ints> %}<inloop>{% endfor %}
{% for c in <strs> %}<inloop>{% else %}<block>{% endfor %}
{% for o in ld %}<inloop>{{ o.name }}{{ o['n'] }}{% endfor %}
{% for i in <ints> if <bool> %}<inloop>{% else %}TEXT{% endfor %}
{% for i in <ints> if i is odd %}{{ i }}{{ loop.length }}{% endfor %}
{% for i in <gen> %}{{ i }}{% if loop.first %}<inloop>{% endif %}{% endfor %}
{% for i, c in <pairs> %}{{ i }}{{ c }}<inloop>{% endfor %}
{% for k, v in <dict>.items() %}{{ k }}={{ v }}{{ ',' if not loop.last }}{% endfor %}
{% for k, v in <dict>|dictsort %}{{ k }}{{ v }}{% endfor %}
{% for k in <dict> %}{{ k }}{{ loop.index }}{% endfor %}
{% for c in <str> %}{{ c }}|{% endfor %}
{% for o in tree recursive %}{{ o.v }}{{ loop.depth }}{{ loop.index0 }}{% if o.kids %}({{ loop(o.kids) }}){% endif %}{% endfor %}
{%- for g in ld|groupby(<key>) %}{{ g.grouper }}:{{ g.list|length }}{{ g[1]|map(attribute='name')|join(',') }};{% endfor %}
{% for row in <list>|batch(INDEX) %}{{ row }}{% endfor %}
{% for row in <list>|slice(INDEX<filler>) %}{{ row }}{% endfor %}
{% set si = <int> %}<block>{{ si }}
{% set ss = <str> %}<block>{{ ss }}
{% set sl = <list> %}<block>{{ sl }}
{% set sd = <dict> %}<block>{{ sd }}
{% set i, c = <int>, <str> %}{{ c }}{{ i }}<block>
{% set (i, (c, k)) = (<int>, [<str>, <str>]) %}{{ c }}{{ i }}{{ k }}
{% set ss %}<block>{{ i }}{% endset %}{{ ss }}{{ ss|length }}
{% set ss | upper | replace('A', <str>) %}<block>{% endset %}{{ ss }}
{% set ns = namespace(a=<int>, b=<any>) %}{% for i in <ints> %}{% set ns.a = ns.a + i %}<inloop>{% endfor %}{{ ns.a }}{{ ns.b }}
{% set ns = namespace(<dict>) %}{% set ns.q = <any> %}{{ ns.q }}{{ ns.a }}
{% macro f(a, b=<any>) %}<block>{{ a }}{{ b }}{% endmacro %}{{ f(<any>) }}{{ f(<str>, <int>) }}{{ f(b=<int>, a=<str>) }}
{% macro f(a, b=a) %}[{{ a }}{{ b }}]{% endmacro %}{{ f(<int>) }}{{ f(<str>, b=<int>)|upper }}{{ f() }}
{% macro f() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(<any>, <int>) }}{{ f(<int>, k=<any>) }}{{ f(*<ints>) }}{{ f(**<dict>) }}
{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(INDEX) }}
{% macro f(a) %}<{{ caller(a) }}|{{ caller(<any>) }}>{% endmacro %}{% call(z) f(<any>) %}{{ z }}<block>{% endcall %}
{% macro f(a='x') %}({{ caller() }}){{ f.name }}{{ f.arguments }}{{ f.catch_kwargs }}{% endmacro %}{% call f() %}<block>{% endcall %}
{% filter <blockfilter> %}<block>{% endfilter %}
{% with si = <int>, ss = <str> %}<block>{{ si }}{{ ss }}{% endwith %}{{ si }}
{% with %}{% set si = <any> %}{{ si }}{% endwith %}{{ si }}
{% block name %}<block>{{ si }}{% endblock %}
{% generation %}<block>{% endgeneration %}
{#- TEXT {{ <any> }} #}
{# TEXT #}
TEXT {#+ TEXT -#} TEXT
{% raw %}{{ TEXT }} {% if %}{% endraw %}
{%- raw -%} TEXT {{ {%- endraw -%} TEXT
{% autoescape true %}{{ s }}{{ t ~ '<' }}{{ '<' ~ s|safe }}{{ d }}{{ ls|first }}{% endautoescape %}
{% autoescape false %}{{ <str> }}{{ <any> }}{{ '<'|safe }}{% endautoescape %}
{% if <bool> %}{{ raise_exception(<str>) }}{% endif %}
{% set cy = cycler(<any>, <any>) %}{{ cy.next() }}{{ cy.next() }}{{ cy.current }}{% set jo = joiner(<str>) %}{{ jo() }}{{ jo() }}{{ jo() }}

inloop: {{ i }}
{{ loop.index }}
{{ loop.<loopattr> }}
{{ loop.revindex }}{{ loop.last }}
{{ loop.previtem }}{{ loop.nextitem }}
{{ loop.cycle('a', <any>) }}
{{ loop.changed(<int>, c) }}
{% if <bool> %}{% break %}{% endif %}
{% if <bool> %}{% continue %}{% endif %}{{ i }}
{% if loop.index == INDEX %}{% break %}{% endif %}<block>
{% set si = si + 1 %}{{ si }}
{% set ss = ss ~ c %}{{ ss }}
<block>
<block>{{ i }}

loopattr: index
index0
first
last
length
revindex0
depth
depth0

blockfilter: upper
trim
replace(<str>, <str>)|lower
indent(INDEX)
default(<str>)
truncate(INDEX)

filler: 
, <any>

key: 'n'
'name'
'tag'

any: s
n
<int>
<int>
<real>
<str>
<str>
<str>
<bool>
<list>
<dict>
none
u
x
x.y
<list>|first
<list>|last
<dict>[<str>]
<dict>.a
(ld[INDEX] or o).name
ld|length
<list>[INDEX]
(<any>)
(<any> if <bool> else <any>)
<any> if <bool>
(<any> or <any>)
(<any> and <any>)
(<any>)|default(<any>)
(<any>)|d(<any>, <bool>)
(<any>)|string|length
<value>|tojson
<value>|tojson(<jsonargs>)
(<any>)|tojson
(<any>)|list
(<list>|max)
(<list>|min)
<ints>|sum
undefined_name.<loopattr>
(<any>)|attr(<str>)
[<any>, <any>]|map('string')|join(<str>)
ld|map(attribute=<key>)|list
ld|selectattr(<key>)|map(attribute='name')|list
ld|selectattr(<key>, <testname>, <any>)|list|length
ld|rejectattr('n', 'gt', <int>)|map(attribute='n')|list
ld|sum(attribute='n')
ld|max(attribute='n')
(ld|sort(attribute=<key>))|map(attribute='n')|list
ld|sort(attribute='tag,n', reverse=<bool>)|map(attribute='name')|list
ld|unique(attribute='tag')|map(attribute='name')|list
namespace(a=<any>).a
dict(<dict>, k=<any>)
dict(a=<any>, b=<any>).b

value: x
d
ld
sl
<int>
<real>
<str>
<bool>
<list>
<dict>
[<value>, <value>]
{<str>: <value>}

jsonargs: indent=INDEX
ensure_ascii=<bool>
sort_keys=true
separators=(',', ':')
indent=2, sort_keys=<bool>, ensure_ascii=true

testname: 'eq'
'ne'
'in'
'=='

int: INT
INT
n
m
big
si
i
INDEX
<int> + <int>
<int> - <int>
<int> * <int>
(<int> + <int>)
(<int> - <int>)
<int> // (<int> or 3)
<int> % (<int> or 7)
<int> // <int>
<int> % <int>
(<int>) ** INDEX
-<int>
+<int>
-(<int>)
<bool> + <int>
<str>|length
<list>|length
<list>|count
<str>|int
<str>|int(<any>, BASE)
<real>|int
<real>|int(<int>)
(<int>)|abs
<ints>|sum
<ints>|first
<ints>|max
<ints>[INDEX]
<str>.count(<str>)
<str>.find(<str>)
<str>.rfind(<str>, INDEX)
<str>.find(<str>, INDEX, INDEX)
<str>|wordcount
<ints>.index(<int>)
<ints>.count(<int>)
(<int>).bit_length()
<int>|round|int
<dict>|length
<range>|length
(<int> if <bool> else <int>)

real: REAL
REAL
f
<int> / <int>
<real> + <real>
<real> * <int>
<real> - <real>
<real> / <real>
<real> // <real>
<real> % <real>
(<real>) ** INDEX
<int> ** -2
(2 ** 0.5)
-<real>
<str>|float
<str>|float(<any>)
<int>|float
<real>|round
<real>|round(INDEX)
<real>|round(INDEX, <method>)
<int>|round(-1)
<real>|abs
(<real>)|string|float

method: 'common'
'ceil'
'floor'

bool: true
false
b
not b
True
none
n
s
li
n > 3
m > n
n == i
t == w
s in t
n is odd
n in li
u is none
x is string
x is mapping
<int> < <int>
<int> <= <real>
<int> == <int>
<int> != <real>
<str> == <str>
<str> < <str>
<int> < <int> < <int>
<int> == <int> != <int>
<list> == <list>
<list> < <list>
<dict> == <dict>
<any> == <any>
<any> != <any>
<str> in <str>
<any> in <list>
<str> in <dict>
<int> not in <ints>
not <bool>
not <any>
<bool> and <bool>
<bool> or <bool>
(<bool> or <bool>) and <bool>
<any> is <test>
<any> is not <test>
<int> is odd
<int> is even
<int> is divisibleby(<int>)
<int> is divisibleby 3
<str> is lower
<str> is upper
<any> is eq <any>
<int> is gt(<int>)
<any> is in <list>
u is defined
x is defined and x
x.y is defined
<str>.startswith(<str>)
<str>.endswith((<str>, <str>))
<str>.isdigit()
<str>.<istest>()
(loop is defined)
('upper' is filter and <bool>)
('nosuch' is filter or <bool>)
('odd' is test and <bool>)
<bool> is true
<bool> is sameas <bool>

istest: isalpha
isalnum
isspace
isupper
islower
istitle
isnumeric
isdecimal
isidentifier
isprintable
isascii

test: defined
undefined
none
string
number
integer
float
boolean
mapping
iterable
sequence
callable
true
false
escaped

str: STR
STR
STR
s
t
w
ss
c
<str> ~ <any>
<str> + <str>
(<str> + <str>)
<str> * INDEX
INDEX * <str>
<str>[INDEX]
<str>[<slice>]
<str>[<slice>]
<str>|upper
<str>|lower
<str>|title
<str>|capitalize
<str>|trim
<str>|trim(<str>)
<str>|replace(<str>, <str>)
<str>|replace(<str>, <str>, INDEX)
<str>|center(WIDTH)
<str>|indent
<str>|indent(INDEX, true)
<str>|indent(<str>, <bool>, <bool>)
<str>|truncate(WIDTH)
<str>|truncate(WIDTH, true, <str>)
<str>|truncate(WIDTH, <bool>, '…', INDEX)
<str>|wordwrap(WIDTH)
<str>|wordwrap(WIDTH, <bool>, <str>, <bool>)
(<str>|e ~ '')
(<str>|forceescape ~ <str>)
(<str>|safe ~ <str>)
(<str>|striptags ~ '')
<str>|urlencode
<dict>|urlencode
(<dict>|xmlattr ~ '')
(<int>)|filesizeformat
(<int>)|filesizeformat(true)
<str>|first
<str>|last
<str>|string|reverse
<str>|string
<int>|string
<any>|string
<str>|default(<str>)
<strs>|join
<strs>|join(<str>)
<list>|join(<str>)
ld|join(<str>, attribute='name')
<str>.join(<strs>)
<str>.upper()
<str>.lower()
<str>.title()
<str>.capitalize()
<str>.swapcase()
<str>.casefold()
<str>.strip()
<str>.strip(<str>)
<str>.lstrip(<str>)
<str>.rstrip('\n ')
<str>.replace(<str>, <str>)
<str>.replace(<str>, <str>, INDEX)
<str>.center(WIDTH, '*')
<str>.ljust(WIDTH)
<str>.rjust(WIDTH, '한')
<str>.zfill(WIDTH)
<str>.removeprefix(<str>)
<str>.removesuffix(<str>)
<str>.expandtabs(INDEX)
<str>.split(<str>)[0]
<str>.partition(<str>)[2]
<str>.format(<any>, <any>)
FORMAT.format(<int>, <str>, <real>, k=<any>)
FORMAT.format(<int>, <any>, <int>, k=<str>)
PERCENT % (<int>, <str>, <real>)
PERCENT|format(<int>, <str>, <real>)
'%s' % (<any>,)
'%s' % <any>
'%(a)s|%(b)r' % {'a': <any>, 'b': <any>}
'%s-%s'|format(<any>, <any>)
<value>|tojson
<dict>|tojson(indent=INDEX)
('x' if <bool>)
<str> if <bool> else <str>
(<str> or <str>)

slice: :INDEX
INDEX:
-INDEX:
INDEX:-INDEX
::-1
::INDEX
INDEX:INDEX:INDEX
-INDEX::-INDEX
:

range: range(INDEX)
range(INDEX, WIDTH)
range(WIDTH, INDEX, -2)
range(<int> % 10)

ints: li
[INT, INT, INT]
[INDEX, INDEX]
range(INDEX)
<range>|list
[<int>, <int>, <int>]
li[<slice>]
<ints>|list + [<int>]
<ints>|sort
<ints>|sort(reverse=<bool>)
<ints>|unique|list
<ints>|reverse|list
<ints>|select('odd')|list
<ints>|reject('gt', <int>)|list
<ints>|map('abs')|list
<strs>|map('length')|list
<strs>|map('int', <int>)|list
ld|map(attribute='n')|list
(<int>,)
(<int>, <int>)

strs: ls
[STR, STR]
ls
[<str>, <str>, <str>]
<str>.split()
<str>.split(<str>)
<str>.split(<str>, INDEX)
<str>.rsplit(<str>, INDEX)
<str>.splitlines()
<str>.splitlines(true)
<str>.partition(<str>)
<str>.rpartition(<str>)
<strs>|sort
<strs>|sort(case_sensitive=<bool>, reverse=<bool>)
<strs>|map('upper')|list
<strs>|map('replace', <str>, <str>)|list
<strs>|select('in', <str>)|list
<strs>|unique|list
<strs>|unique(case_sensitive=true)|list
<strs>|reverse|list
<strs>|map('default', <str>, true)|list
<dict>|list
<dict>.keys()|list
<str>|list
<strs>[<slice>]
<strs> + <strs>

list: li
ls
sl
ld
<ints>
<ints>
<strs>
<strs>
[]
[<any>]
[<any>, <any>]
[<list>, <list>]
(<any>, <any>)
<list>[<slice>]
<list>|list
<list> + <list>
<list> * INDEX
<dict>|dictsort
<dict>|dictsort(by='value')
<dict>|dictsort(true, 'key', <bool>)
<dict>.values()|list
<dict>.items()|list
<dict>|items|list
<list>|batch(INDEX)|list
<list>|batch(INDEX, <any>)|list
<list>|slice(INDEX)|list
<list>|sort
<list>|reverse|list
<list>|select|list
<list>|reject('none')|list
<list>|select(<testname>, <any>)|list
<list>|map('tojson')|list
<list>|map('default', <any>)|list
<list>|unique|list
<pairs>
(ld|groupby(<key>))[0]
ld|groupby('tag', default=<any>)|map('first')|list
(<list> if <bool> else <list>)

pairs: [(1, 'a'), (2, 'b')]
[[<int>, <str>]]
[(<int>, <str>), (<int>, <any>)]
<dict>.items()|map('reverse')|map('list')|list

gen: li|map('abs')
<ints>|map('string')
<ints>|select
<list>|reverse
<list>|unique
<list>|batch(INDEX)
<dict>.values()
<dict>|items

dict: d
sd
{}
{'a': 1, "b": STR}
{<str>: <any>}
{'a': <any>, 'b': <any>}
{'a': <int>, 'b': <dict>}
{1: <any>, true: <any>, 1.0: <any>, none: <str>}
dict(a=<any>)
dict(<dict>, b=<any>)
dict(<pairs>)
<dict>.copy()
ld[0]
{'a': <list>}
"""

KOREAN_AND_KIN = ["온돌", "한국어 문장", "각", "👩‍💻🎉", "é", "ß", "İi", "ΣΑΣ", "ǆ", "\u00a0", "\u200b", "日本", "Ünï", "𝄞", "\u3000x"]
WORDS = ["", "a", "b", "abc", "Hello World", "  x ", "the quick-brown fox", "1", "-7", "3.5", "0x1F", " 42 ", "1_000", "1e3", "nan",
         "a,b,,c", "x\ny\n", "\n", "a\tb", "\r\nq", "<b>&\"'", "&lt;i&gt;", "%s %d", "{} {0}", "{{ x }}", "<|im_end|>", "name",
         "n", "tag", "ABC abc", "aAbB", "hello world, this is a long-ish line of words", "'", '"', "\\", "\x00\x1f\x7f", "true",
         "a.b", "/path?q=1&r=ä", "00", "+5", "aaa", "ab ab ab"]
TEXTS = ["", " ", "\n", "x", "text ", "\n\n", "  \n  ", "a\n  b", "온돌 ", "<|x|>", "}", "{ ", "% ", "{ { ", "\t", "end\n", "🎉\r\n", "#", "-"]
INTS = [0, 1, 2, 3, 5, 7, 10, 12, 42, 100, 255, 1000, 65536, 10**9, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**18, 10**25, 123456789**4]
REALS = [0.0, 0.5, 1.0, 1.5, 2.5, 3.14159, 0.1, 1e-7, 1e16, 123456.789, 1e22, 2.675, 99.995, 1e300, 5e-324, 0.30000000000000004, 1e-5]
FORMATS = ["{} {}", "{0}{1}", "{:>8}|{}", "{:05d}", "{:,}", "{:x}", "{:#b}", "{:+}", "{1:^9}", "{2:.2f}", "{2:e}", "{2:g}", "{2:.3}", "{2:%}",
           "{k}", "{k!r:>6}", "{{}}{}", "{:*<5}", "{2:08.3f}", "{:_}", "{0!s}", "{1!a}", "{1:.2}", "{2:,.1f}", "{0:c}", "{:d}{", "{:=+6}",
           "{k[0]}", "{0.real}", "{2:G}", "{:<3}{:>3}", "{:o}", "{2:.0f}", "{2:#.3g}", "{2:}", "{:n}", "{:1%}", "{2: }"]
PERCENTS = ["%d %s %f", "%5d|%-6s|%.2f", "%x %r %e", "%05d%s%g", "%+d %10s %G", "%i%%%s%.0f", "%s%s%s", "%o %a %5.1f", "%c %s %s", "% d%s%s",
            "%#x %.3s %8.3e", "%s", "%d %d %d", "%s %s %s %s", "%.3d %5s %g", "%-5d|%s|%-8.2f|", "%X%s%F", "%#o %s %#.3g", "%s %(a)s", "%%", "%"]


def quoted(rng, text):
    """A literal of `text`, written in one of several ways."""
    quote = rng.choice("'\"")
    out = []
    for c in text:
        if c in (quote, "\\"):
            out.append("\\" + c)
        elif c in "\r\x00" or (c in "\n\t" and rng.random() < 0.7):
            out.append({"\r": "\\r", "\x00": "\\x00", "\n": "\\n", "\t": "\\t"}[c])
        elif ord(c) > 0x7F and rng.random() < 0.1:
            out.append(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}")
        else:
            out.append(c)
    return quote + "".join(out) + quote


def word(rng):
    pick = rng.random()
    if pick < 0.25:
        return rng.choice(KOREAN_AND_KIN)
    if pick < 0.8:
        return rng.choice(WORDS)
    return "".join(rng.choice(string.ascii_letters + "  -.,!<&\n0123456789é가") for _ in range(rng.randrange(12)))


TERMINALS = {
    "TEXT": lambda rng: rng.choice(TEXTS),
    "INT": lambda rng: str(rng.choice(INTS)) if rng.random() < 0.3 else str(rng.randrange(20)),
    "REAL": lambda rng: repr(rng.choice(REALS)) if rng.random() < 0.7 else repr(round(rng.uniform(-100, 100), rng.randrange(5))),
    "INDEX": lambda rng: str(rng.choice([0, 1, 1, 2, 2, 3, 3, 4, 5, 8])),
    "WIDTH": lambda rng: str(rng.choice([1, 3, 5, 8, 10, 12, 20, 30])),
    "BASE": lambda rng: str(rng.choice([0, 2, 8, 10, 16, 36])),
    "STR": lambda rng: quoted(rng, word(rng)),
    "FORMAT": lambda rng: quoted(rng, rng.choice(FORMATS)),
    "PERCENT": lambda rng: quoted(rng, rng.choice(PERCENTS)),
}
PARTS = re.compile("(<[a-z]+>|" + "|".join(TERMINALS) + ")")
RULES = {}
for rule in GRAMMAR.strip("\n").split("\n\n"):
    name, alternatives = rule.split(": ", 1)
    split = [PARTS.split(alternative) for alternative in alternatives.split("\n")]
    RULES[name] = (split, [parts for parts in split if not any(part[:1] == "<" and part[1:-1] != "" and PARTS.fullmatch(part) for part in parts)])
NAMES = re.compile("<([a-z]+)>")
EXPRESSIONS = {"any", "int", "real", "bool", "str", "ints", "strs", "list", "dict"}
assert all(name in RULES for split, _ in RULES.values() for parts in split for part in parts for name in NAMES.findall(part))


class Writer:
    """Expands rules; deeper ones become short once `left` expansions are used up."""

    def __init__(self, rng, left):
        self.rng = rng
        self.left = left

    def expand(self, rule):
        self.left -= 1
        if rule in EXPRESSIONS and self.rng.random() < 0.01:
            rule = "any"  # a value of another type
        alternatives, short = RULES[rule]
        parts = self.rng.choice(short if short and self.left <= 0 else alternatives)
        text = "".join(self.part(part) for part in parts)
        if rule in EXPRESSIONS and len(parts) > 1 and self.rng.random() < 0.97:
            return f"({text})"
        return text

    def part(self, part):
        if part in TERMINALS:
            return TERMINALS[part](self.rng)
        name = NAMES.fullmatch(part)
        return self.expand(name[1]) if name else part


def template(rng):
    """The source of a template; one in twelve has been damaged."""
    source = Writer(rng, rng.choice([3, 6, 10, 16, 25])).expand("template")
    return damaged(rng, source) if rng.random() < 0.08 else source


def damaged(rng, source):
    tokens = re.findall(r"\s+|\w+|\W", source)
    at = rng.randrange(len(tokens) + 1)
    change = rng.randrange(4)
    if change == 0:
        del tokens[at : at + 1]
    elif change == 1:
        tokens.insert(at, rng.choice(tokens or ["{{"]))
    elif change == 2:
        tokens.insert(at, rng.choice(list("-+|.,:()[]{}%#~'\"\\=<>") + ["{%", "%}", "{{", "}}", "{#", " if ", " is ", " not ", " in ", "**"]))
    else:
        del tokens[at:]
    return "".join(tokens)


def number(rng):
    pick = rng.random()
    if pick < 0.6:
        return rng.randrange(-3, 12)
    return rng.choice(INTS) * rng.choice([1, -1]) if pick < 0.8 else rng.choice(REALS) * rng.choice([1, -1])


def value(rng, depth=2):
    """Any JSON."""
    pick = rng.random()
    if depth == 0 or pick < 0.5:
        return rng.choice([word, number, lambda rng: rng.random() < 0.5, lambda rng: None])(rng)
    if pick < 0.75:
        return [value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {word(rng): value(rng, depth - 1) for _ in range(rng.randrange(4))}


def tree(rng, depth=3):
    return [{"v": word(rng), "kids": tree(rng, depth - 1) if depth else []} for _ in range(rng.randrange(3))]


def data(rng):
    """Variables with the names and types that the grammar knows."""
    whole = lambda: rng.randrange(-3, 12)  # noqa: E731
    words = lambda most: [word(rng) for _ in range(rng.randrange(most))]  # noqa: E731
    entries = [{"name": word(rng), "n": whole(), "tag": rng.choice(["a", "A", "b", ""])} for _ in range(rng.randrange(5))]
    return {
        "n": whole(), "m": rng.choice(INTS) * rng.choice([1, -1]), "big": rng.choice(INTS[9:]), "f": rng.choice(REALS),
        "s": word(rng), "t": word(rng), "w": word(rng), "b": rng.random() < 0.5, "x": value(rng), "z": word(rng),
        "li": [whole() for _ in range(rng.randrange(6))], "ls": words(5), "ld": entries, "tree": tree(rng),
        "d": {key: value(rng) for key in ["a", *words(4)]}, "si": whole(), "ss": word(rng), "sl": value(rng, 1) or [],
        "sd": {key: value(rng, 1) for key in words(4)}, "i": whole(), "c": word(rng), "k": word(rng), "v": value(rng, 1),
        "o": {"name": word(rng), "n": whole()},
    }
