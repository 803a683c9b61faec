#include <doctest/doctest.h>

#include <string>

#include "chat/cases.hpp"
#include "ondol/error.hpp"

using ondol::ChatTemplate;

namespace {

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

void refused(const std::string& source, const char* limit, const ondol::RenderOptions& options = {}) {
  CAPTURE(source.substr(0, 100));
  CHECK_THROWS_WITH_AS((void)ChatTemplate(source).render("[]", options), doctest::Contains(limit), ondol::Error);
}

}  // namespace

TEST_CASE("limits: deep source") {
  constexpr const char* limit = "nests more than 200 deep";
  for (const auto& [open, close] : {std::pair{"(", ")"},
                                    {"[", "]"},
                                    {"{1:", "}"},
                                    {"-", ""},
                                    {"not ", ""},
                                    {"x(", ")"},
                                    {"x[", "]"},
                                    {"1 if 1 else ", ""},
                                    {"x|default(", ")"},
                                    {"[1,2][", ":]"}}) {
    refused("{{ " + repeated(open, 100'000) + "1" + repeated(close, 100'000) + " }}", limit);
    CHECK_NOTHROW(ChatTemplate("{{ " + repeated(open, 60) + "1" + repeated(close, 60) + " }}"));
  }
  refused("{{ x" + repeated(".a", 100'000) + " }}", limit);
  refused("{{ x" + repeated("|upper", 100'000) + " }}", limit);
  refused("{{ x" + repeated("()", 100'000) + " }}", limit);
  refused("{{ 1" + repeated(" if 1", 100'000) + " }}", limit);
  refused(repeated("{% if 1 %}", 100'000), limit);
  refused(repeated("{% for x in y %}", 100'000), limit);
  refused(repeated("{% if [[1]] %}", 100'000), limit);
  refused(repeated("{% macro m() %}", 100'000), limit);
  refused("{% set " + repeated("(", 100'000) + "a", limit);
  refused("{% for " + repeated("(", 100'000), limit);
}

TEST_CASE("limits: long source is fine") {
  CHECK(ChatTemplate("{{ 0" + repeated(" + 1", 50'000) + " }}").render("[]").text == "50000");
  CHECK(ChatTemplate("{{ ''" + repeated(" ~ 'a'", 50'000) + " }}").render("[]").text.size() == 50'000);
  CHECK(ChatTemplate("{{ 1" + repeated(" and 1", 50'000) + " }}").render("[]").text == "1");
  CHECK(ChatTemplate("{{ 1" + repeated(" == 1", 50'000) + " }}").render("[]").text == "True");
  CHECK(ChatTemplate("{% if 0 %}" + repeated("{% elif 0 %}", 50'000) + "{% else %}x{% endif %}").render("[]").text ==
        "x");
}

TEST_CASE("limits: a template of 10 MB") {
  refused(std::string(10 << 20, 'a'), "at most 4194304 are read");
  refused(repeated("{{ 1 }}", (10 << 20) / 7), "at most 4194304 are read");
  CHECK(ChatTemplate(repeated("{{ 1 }}", 500'000)).render("[]").text == std::string(500'000, '1'));
}

TEST_CASE("limits: endless work") {
  ondol::RenderOptions options;
  options.max_steps = 1'000'000;
  const std::string loops = "{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}";
  refused(loops + repeated("{% endfor %}", 3), "max_steps", options);
  refused("{{ range(10**9) }}", "Range too big");
  refused("{{ range(0, 10**18, 3)|list }}", "Range too big");
  refused("{% for a in range(100000) %}{{ range(100000)|list|length }}{% endfor %}", "max_steps", options);
  refused("{% set x = range(100000)|list %}{% for a in x %}{{ a in x }}{{ x|sort }}{% endfor %}", "max_steps", options);
  refused("{% set x = 'a' * 1000000 %}{% for a in range(100000) %}{{ 'b' in x }}{% endfor %}", "max_steps", options);
  refused("{% set ns = namespace(l=[]) %}{% for a in range(100000) %}{% set ns.l = ns.l + [a] %}{% endfor %}",
          "max_steps", options);
}

TEST_CASE("limits: work on large values counts, whatever it is called") {
  // Each would run for minutes to years if only its own nodes counted.
  ondol::RenderOptions options;
  options.max_steps = 1'000'000;
  options.variables =
      R"({"x": [)" + repeated("\"\", ", 99'999) + R"(""], "d": {"a": )" + repeated("[", 50) + repeated("]", 50) + "}}";
  const auto again = [&](const std::string& body, const std::string& first = "") {
    refused(
        "{% set t = 'ab ' * 400000 %}{% set k = '한 ' * 200000 %}{% set h = '-' * 999999 %}{% set c = 'a' * 500000 ~ "
        "'b' %}" +
            first + "{% for i in range(99999) %}{% for j in range(99999) %}{% set y %}" + body +
            "{% endset %}{% endfor %}{% endfor %}",
        "max_steps", options);
  };
  for (const char* expression : {"x|join",
                                 "x|sort",
                                 "x|reverse|list",
                                 "x|unique|list",
                                 "x|map('upper')|list",
                                 "x|tojson",
                                 "x|batch(2)|list",
                                 "x|max",
                                 "x|groupby('a', default=1)",
                                 "x + x",
                                 "x == x[:]",
                                 "x.count('b')",
                                 "'b' in x",
                                 "''.join(x)",
                                 "x|string",
                                 "x|select|list",
                                 "x|last ~ x[1:]|first",
                                 "(x,) == ([],)",
                                 "dict(a=1).get(t)",
                                 "{t: 1}",
                                 "{'a': 1}[t]",
                                 "t|replace('c', '')",
                                 "t|trim",
                                 "t|upper",
                                 "t|title",
                                 "t|wordcount",
                                 "t|length ~ k[5]",
                                 "k[199999]",
                                 "k[9:11]",
                                 "t.split('c')",
                                 "k.split()|length",
                                 "t.rsplit('c', 1)",
                                 "t.strip('ab')",
                                 "t.find('c')",
                                 "t.rfind('c')",
                                 "t.count('c')",
                                 "t.startswith('c')",
                                 "t == t ~ ''",
                                 "'c' in t",
                                 "t|e",
                                 "t|int",
                                 "t.isalpha()",
                                 "t|indent",
                                 "t|truncate(5)",
                                 "h|wordwrap(900000)",
                                 "t|striptags",
                                 "t is lower",
                                 "k|list|length",
                                 "t|format",
                                 "t.format()",
                                 "c in 'a' * 1000000",
                                 "('a' * 1000000).rfind(c)",
                                 "('a' * 1000000).split(c)",
                                 "('a' * 1000000)|replace(c, '')",
                                 "10 ** 4000 // 7 ** 2000",
                                 "(10 ** 4000) * (10 ** 200)",
                                 "7 ** 5000",
                                 "'{:b}'.format(10 ** 4000)",
                                 "'%x' % 10 ** 4000",
                                 "(10 ** 4000)|round(-4000)",
                                 "('9' * 2000)|int(0, 11)",
                                 "namespace(**{'a': x}).a|join",
                                 "x|tojson(indent=1)"}) {
    again("{{ " + std::string(expression) + " }}");
  }
  // Shared parts make values of few bytes that are endless to walk.
  const char* shared =
      "{% set a = namespace(v=[1]) %}{% set b = namespace(v=[1]) %}{% for i in range(99) %}"
      "{% set a.v = (a.v, a.v) %}{% set b.v = (b.v, b.v) %}{% endfor %}";
  for (const char* expression : {"a.v == b.v", "a.v < b.v", "{a.v: 1}", "[a.v].index(b.v)", "[a.v, b.v]|unique|list",
                                 "[a.v]|sort ~ [a.v, b.v]|max", "a.v in [b.v]", "a.v is eq b.v", "a.v|tojson",
                                 "a.v|string", "{1: a.v} == {1: b.v}", "dict([(a.v, 1)])"}) {
    refused(shared + ("{{ " + std::string(expression) + " }}"), "max_", options);
  }
  // Many variables: looking one up must not walk them all.
  std::string many = "{% for i in range(99999) %}";
  for (int i = 0; i < 20'000; ++i) many += "{% set v" + std::to_string(i) + " = i %}";
  refused(many + "{{ v19999 }}{% endfor %}", "max_steps");
}

TEST_CASE("limits: large texts and lists") {
  for (const char* expression :
       {"'a' * 10**9", "'a'|center(10**12)", "'a'.ljust(10**18)", "'1'.zfill(10**10)", "'%1000000000d' % 1",
        "'%*d' % (10**9, 1)", "'{:1000000000}'.format(1)", "('a' * 10**7)|replace('a', 'b' * 10**7)",
        "('a' * 10**4)|replace('', 'b' * 10**6)", "'\t'.expandtabs(10**12)", "('x' * 10**6).join(['a'] * 10**6)",
        "'a'|indent(10**12, true)", "[1]|tojson(indent=10**12)", "('%s' * 10**5) % (('x' * 10**4,) * 10**5)"}) {
    refused("{{ " + std::string(expression) + " }}", "max_output");
  }
  ondol::RenderOptions options;
  options.max_steps = 1'000'000;
  refused("{{ [1] * 10**9 }}", "max_steps");
  refused("{{ [1]|batch(10**9, 0)|list }}", "max_steps");
  refused("{{ [1]|slice(10**9)|list }}", "max_steps");
  refused("{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
          "max_output");
  refused("{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
          "max_steps", options);
  refused("{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
          "max_", options);
  refused("{% set x = 'a' * 10**6 %}{% for i in range(1000) %}{{ x }}{% endfor %}", "max_output");
  CHECK(ChatTemplate("{{ 10**12 }}").render("[]").text == "1000000000000");
  refused("{{ 2**(10**9) }}", "4300 digits");
  refused("{{ 10 ** 5000 }}", "4300 digits");
  refused("{{ 2 ** (2 ** 62) }}", "4300 digits");
  refused("{{ 2 ** (2 ** 100) }}", "4300 digits");
  refused("{% set ns = namespace(n=7) %}{% for i in range(100) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
          "4300 digits");
  options.max_output = 100;
  refused("{{ 'a' * 60 }}{{ 'b' * 60 }}", "more than 100 bytes", options);
  refused(std::string(101, 'a'), "more than 100 bytes", options);
}

TEST_CASE("limits: deep calls and values") {
  refused("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "max_depth");
  refused("{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}", "max_depth");
  refused("{% macro m() %}" + repeated("{% if 1 %}", 50) + "{{ m() }}" + repeated("{% endif %}", 50) +
              "{% endmacro %}{{ m() }}",
          "deep");
  refused("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "max_depth");
  refused(
      "{% macro m() %}{{ caller() }}{% endmacro %}{% macro r() %}{% call m() %}{{ r() }}{% endcall %}{% endmacro %}{{ "
      "r() }}",
      "deep");
  for (const char* nest : {"[ns.x]", "(ns.x,)", "{1: ns.x}", "[ns.x]|map('list')", "cycler(ns.x)", "joiner(ns.x)",
                           "[ns.x].index", "cycler(ns.x).next"}) {
    refused("{% set ns = namespace(x=[]) %}{% for i in range(50000) %}{% set ns.x = " + std::string(nest) +
                " %}{% endfor %}",
            "nests values");
  }
  refused("{% for x in [[]] recursive %}{% for y in [1] recursive %}{{ loop([1]) }}{% endfor %}{% endfor %}",
          "max_depth");
  const char* depth = "{% macro m(n) %}{% if n > 0 %}{{ m(n - 1) }}{% endif %}x{% endmacro %}{{ m(150) }}";
  CHECK(ChatTemplate(depth).render("[]").text == std::string(151, 'x'));
  ondol::RenderOptions options;
  options.max_depth = 20;
  refused(depth, "more than 20 deep", options);
}

TEST_CASE("limits: cycles end") {
  refused(
      "{% set ns = namespace(n=none) %}{% for i in range(90000) %}{% set ns.n = namespace(n=ns.n) %}{% endfor %}{{ ns "
      "}}",
      "too deep to be written");
  CHECK(ChatTemplate("{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}").render("[]").text ==
        "<Namespace {'me': <Namespace {...}>}>");
  CHECK(ChatTemplate("{% set a = namespace() %}{% set b = namespace(a=[a]) %}{% set a.b = b %}x").render("[]").text ==
        "x");
  CHECK(
      ChatTemplate("{% set ns = namespace() %}{% for i in [1] %}{% macro m() %}{{ i }}{% endmacro %}{% set ns.m = m %}"
                   "{% endfor %}{{ ns.m() }}")
          .render("[]")
          .text == "1");
  CHECK(
      ChatTemplate(
          "{% set ns = namespace(n=none) %}{% for i in range(90000) %}{% set ns.n = namespace(n=ns.n) %}{% endfor %}x")
          .render("[]")
          .text == "x");
}

TEST_CASE("limits: nothing is reached but the inputs") {
  for (const char* source :
       {"{{ ''.__class__.__mro__ }}", "{{ [].__class__.__base__ }}", "{{ range.__globals__.x }}",
        "{{ namespace.__init__.x }}", "{{ self.__init__.x }}", "{{ messages.append(1) }}", "{{ {}.update({}) }}",
        "{{ '{0.__class__.x}'.format('') }}", "{{ (''|attr('__class__')).x }}", "{{ messages['__class__'].x }}",
        "{{ cycler.__init__.__globals__ }}", "{{ open('/etc/passwd') }}", "{{ lipsum() }}", "{{ __import__('os') }}",
        "{{ config.x }}"}) {
    CAPTURE(source);
    CHECK_THROWS_AS((void)ChatTemplate(source).render("[]"), ondol::Error);
  }
}
