#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "chat/jinja/native.hpp"
#include "chat/jinja/operators.hpp"
#include "chat/jinja/value.hpp"

namespace ondol::jinja {

/// A name of the template as a number: its place in Template::symbols.
using Symbol = std::uint32_t;
/// Names with a meaning of their own have the first numbers.
enum : Symbol { symbol_loop, symbol_caller, symbol_varargs, symbol_kwargs, named_symbols };

enum class Flow : std::uint8_t { next, break_loop, continue_loop };

struct Expression {
  explicit Expression(std::int64_t offset) : at(offset) {}
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;
  virtual ~Expression() = default;
  virtual Value eval(Interpreter& in) const = 0;

  std::int64_t at;  ///< byte of the source
};
using ExpressionPtr = std::unique_ptr<Expression>;
using Expressions = std::vector<ExpressionPtr>;

struct Statement {
  Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  virtual ~Statement() = default;
  virtual Flow run(Interpreter& in) const = 0;
};
using Block = std::vector<std::unique_ptr<Statement>>;

/// What has variables of its own.
struct Frame {
  /// Names that are undefined here until they are assigned, even if the caller passed them.
  std::vector<std::pair<Symbol, Value>> hidden;
};

/// What is assigned to.
struct Target {
  enum class Kind : std::uint8_t { name, attribute, tuple };
  Kind kind = Kind::name;
  Symbol symbol = 0;   ///< the name, or the namespace
  std::string name{};  ///< the attribute
  std::vector<Target> parts{};
};

struct CallArguments {
  Expressions positional;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  ExpressionPtr star;         ///< *sequence
  ExpressionPtr double_star;  ///< **mapping

  void eval(Interpreter& in, Arguments& arguments) const;
};

// Expressions ---------------------------------------------------------------------------------------------------------

struct Constant final : Expression {
  Constant(std::int64_t at, Value v) : Expression(at), value(std::move(v)) {}
  Value eval(Interpreter&) const override { return value; }
  Value value;
};

struct Name final : Expression {
  Name(std::int64_t at, Symbol s, std::string n) : Expression(at), symbol(s), name(std::move(n)) {}
  Value eval(Interpreter& in) const override;
  Symbol symbol;
  std::string name;
};

/// [a, b] and (a, b)
struct Sequence final : Expression {
  Sequence(std::int64_t at, List::Kind k, Expressions i) : Expression(at), kind(k), items(std::move(i)) {}
  Value eval(Interpreter& in) const override;
  List::Kind kind;
  Expressions items;
};

struct Mapping final : Expression {
  using Expression::Expression;
  Value eval(Interpreter& in) const override;
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> members;
};

struct Unary final : Expression {
  enum class Kind : std::uint8_t { logical_not, minus, plus };
  Unary(std::int64_t at, Kind k, ExpressionPtr o) : Expression(at), kind(k), operand(std::move(o)) {}
  Value eval(Interpreter& in) const override;
  Kind kind;
  ExpressionPtr operand;
};

/// a and b and c: the first operand that decides, else the last
struct Logic final : Expression {
  Logic(std::int64_t at, bool o, Expressions e) : Expression(at), is_or(o), operands(std::move(e)) {}
  Value eval(Interpreter& in) const override;
  bool is_or;
  Expressions operands;
};

/// a < b == c
struct Comparing final : Expression {
  Comparing(std::int64_t at, ExpressionPtr f) : Expression(at), first(std::move(f)) {}
  Value eval(Interpreter& in) const override;
  ExpressionPtr first;
  std::vector<std::pair<Comparison, ExpressionPtr>> rest;
};

/// a + b - c: operators of one rank, from left to right
struct Arithmetic final : Expression {
  Arithmetic(std::int64_t at, ExpressionPtr f) : Expression(at), first(std::move(f)) {}
  Value eval(Interpreter& in) const override;
  ExpressionPtr first;
  std::vector<std::pair<Operator, ExpressionPtr>> rest;
};

/// a ~ b ~ c
struct Concatenation final : Expression {
  Concatenation(std::int64_t at, Expressions p) : Expression(at), parts(std::move(p)) {}
  Value eval(Interpreter& in) const override;
  Value concatenate_markup(Interpreter& in) const;
  Expressions parts;
};

/// a if condition else b
struct Conditional final : Expression {
  using Expression::Expression;
  Value eval(Interpreter& in) const override;
  ExpressionPtr condition;
  ExpressionPtr yes;
  ExpressionPtr no;  ///< may be missing
};

struct Attribute final : Expression {
  Attribute(std::int64_t at, ExpressionPtr o, std::string n)
      : Expression(at), object(std::move(o)), name(std::move(n)) {}
  Value eval(Interpreter& in) const override;
  ExpressionPtr object;
  std::string name;
};

struct Item final : Expression {
  Item(std::int64_t at, ExpressionPtr o, ExpressionPtr k) : Expression(at), object(std::move(o)), key(std::move(k)) {}
  Value eval(Interpreter& in) const override;
  ExpressionPtr object;
  ExpressionPtr key;
};

struct Slice final : Expression {
  using Expression::Expression;
  Value eval(Interpreter& in) const override;
  ExpressionPtr object, start, stop, step;
};

struct CallExpression final : Expression {
  CallExpression(std::int64_t at, ExpressionPtr c) : Expression(at), callee(std::move(c)) {}
  Value eval(Interpreter& in) const override { return call(in, nullptr); }
  /// @param caller the macro of a call block
  Value call(Interpreter& in, const Value* caller) const;
  ExpressionPtr callee;
  CallArguments arguments;
};

/// value | name(arguments), value is name(arguments)
struct Application final : Expression {
  using Expression::Expression;
  Value eval(Interpreter& in) const override;
  /// @param input what the filter is applied to, where the tree has none (blocks)
  Value apply(Interpreter& in, const Value* input) const;
  ExpressionPtr input;
  const Native* native = nullptr;  ///< null: unknown, an error when it is reached
  bool is_test = false;
  std::string name;
  CallArguments arguments;
};

// Statements ----------------------------------------------------------------------------------------------------------

struct Data final : Statement {
  explicit Data(std::string t) : text(std::move(t)) {}
  Flow run(Interpreter& in) const override;
  Text text;
};

struct Output final : Statement {
  Flow run(Interpreter& in) const override;
  Expressions values;
};

struct If final : Statement {
  Flow run(Interpreter& in) const override;
  std::vector<std::pair<ExpressionPtr, Block>> branches;
  Block otherwise;
};

struct For final : Statement {
  Flow run(Interpreter& in) const override;
  /// One pass over `items`; `depth`: how deep a recursive loop is.
  Flow loop(Interpreter& in, const Value& iterable, std::int64_t depth) const;
  Target target;
  ExpressionPtr iterable;
  ExpressionPtr condition;  ///< may be missing
  bool recursive = false;
  Block body;
  Block otherwise;
  Frame condition_frame;
  Frame body_frame;
  Frame otherwise_frame;
};

struct LoopControl final : Statement {
  explicit LoopControl(Flow f) : flow(f) {}
  Flow run(Interpreter&) const override { return flow; }
  Flow flow;
};

struct Set final : Statement {
  Flow run(Interpreter& in) const override;
  Target target;
  ExpressionPtr value;
};

/// {% set x | filter %}...{% endset %}
struct SetBlock final : Statement {
  Flow run(Interpreter& in) const override;
  Target target;
  ExpressionPtr filter;  ///< a chain of Applications whose first has no input; may be missing
  Block body;
  Frame frame;
};

struct Parameter {
  Symbol symbol;
  std::string name;
  ExpressionPtr preset;  ///< may be missing
};

struct MacroNode {
  std::string name;
  std::vector<Parameter> parameters;
  Block body;
  Frame frame;
  bool uses_caller = false;
  bool uses_varargs = false;
  bool uses_kwargs = false;
};

struct MacroStatement final : Statement {
  Flow run(Interpreter& in) const override;
  Symbol symbol = 0;
  MacroNode macro;
};

/// {% call(arguments) macro() %}...{% endcall %}
struct CallBlock final : Statement {
  Flow run(Interpreter& in) const override;
  MacroNode caller;
  std::unique_ptr<CallExpression> call;
};

struct FilterBlock final : Statement {
  Flow run(Interpreter& in) const override;
  ExpressionPtr filter;
  Block body;
  Frame frame;
};

struct With final : Statement {
  Flow run(Interpreter& in) const override;
  std::vector<std::pair<Target, ExpressionPtr>> variables;
  Block body;
  Frame frame;
};

/// {% block %} (`top`: sees only the top level's variables) and {% generation %}
struct Section final : Statement {
  Flow run(Interpreter& in) const override;
  bool top = false;
  Block body;
  Frame frame;
};

struct AutoEscape final : Statement {
  Flow run(Interpreter& in) const override;
  ExpressionPtr on;
  Block body;
  Frame frame;
};

/// include, import, from, extends: there are no other templates
struct OtherTemplate final : Statement {
  OtherTemplate(std::int64_t offset, std::string t) : at(offset), tag(std::move(t)) {}
  Flow run(Interpreter& in) const override;
  std::int64_t at;
  std::string tag;
};

}  // namespace ondol::jinja
