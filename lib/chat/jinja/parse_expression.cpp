#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "chat/jinja/parser.hpp"

namespace ondol::jinja {
namespace {

constexpr int max_levels = 200;

struct OperatorRow {
  std::string_view symbol;
  Operator op;
  std::size_t rank;
};
/// Rank 0: sums, 1: products, 2: powers (from left to right, unlike Python's). Between sums and products stands "~".
constexpr OperatorRow operators[] = {{"+", Operator::add, 0},           {"-", Operator::subtract, 0},
                                     {"*", Operator::multiply, 1},      {"/", Operator::divide, 1},
                                     {"//", Operator::floor_divide, 1}, {"%", Operator::modulo, 1},
                                     {"**", Operator::power, 2}};
constexpr std::pair<std::string_view, Comparison> comparisons[] = {
    {"==", Comparison::equal},      {"!=", Comparison::not_equal}, {"<", Comparison::less},
    {"<=", Comparison::less_equal}, {">", Comparison::greater},    {">=", Comparison::greater_equal}};

std::string describe(const Token& token) {
  switch (token.kind) {
    case Token::Kind::data: return "template data";
    case Token::Kind::variable_begin: return "begin of print statement";
    case Token::Kind::variable_end: return "end of print statement";
    case Token::Kind::block_begin: return "begin of statement block";
    case Token::Kind::block_end: return "end of statement block";
    case Token::Kind::end: return "end of template";
    default: return token.value.substr(0, 60);
  }
}

}  // namespace

Parser::Level::Level(Parser& parser) : parser_(parser) {
  if (++parser.levels_ > max_levels) {
    --parser.levels_;
    parser.refuse(fmt::format("the template nests more than {} deep", max_levels));
  }
}

const Token& Parser::next() {
  const Token& token = tokens_[at_];
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool Parser::is_op(std::string_view op) const { return current().kind == Token::Kind::op && current().value == op; }
bool Parser::is_name(std::string_view name) const {
  return current().kind == Token::Kind::name && current().value == name;
}

bool Parser::skip_op(std::string_view op) {
  const bool found = is_op(op);
  if (found) next();
  return found;
}

bool Parser::skip_name(std::string_view name) {
  const bool found = is_name(name);
  if (found) next();
  return found;
}

void Parser::expect_op(std::string_view op) {
  if (!skip_op(op)) refuse_token(op);
}

void Parser::expect_name(std::string_view name) {
  if (!skip_name(name)) refuse_token(name);
}

const std::string& Parser::expect_identifier() {
  if (current().kind != Token::Kind::name) refuse_token("name");
  return next().value;
}

void Parser::refuse(const std::string& message) const { throw Failure(message, current().at); }

void Parser::refuse_token(std::string_view expected) const {
  refuse(fmt::format("expected '{}', found '{}'", expected, describe(current())));
}

Symbol Parser::symbol(const std::string& name) {
  const auto [found, added] = symbol_of_.emplace(name, static_cast<Symbol>(symbols_.size()));
  if (added) symbols_.push_back(name);
  return found->second;
}

void Parser::check_known(bool known, std::string_view type, const std::string& name, std::int64_t at) {
  if (!known) unknown_.push_back({fmt::format("No {} named '{}'.", type, name), at, frame_});
}

void Parser::forgive_unknown(std::size_t since) {
  const auto first = unknown_.begin() + static_cast<std::ptrdiff_t>(since);
  unknown_.erase(std::remove_if(first, unknown_.end(), [&](const Unknown& u) { return u.frame == frame_; }),
                 unknown_.end());
}

ExpressionPtr Parser::parse_expression() {
  const Level level(*this);
  const std::size_t known = unknown_.size();
  ExpressionPtr expression = parse_logic(true);
  for (int chain = 0; is_name("if"); ++chain) {
    if (chain == max_levels) refuse(fmt::format("the template nests more than {} deep", max_levels));
    auto conditional = std::make_unique<Conditional>(next().at);
    conditional->yes = std::move(expression);
    conditional->condition = parse_logic(true);
    if (skip_name("else")) conditional->no = parse_expression();
    expression = std::move(conditional);
    forgive_unknown(known);
  }
  return expression;
}

ExpressionPtr Parser::parse_logic(bool is_or) {
  const std::int64_t at = current().at;
  Expressions operands;
  do {
    operands.push_back(is_or ? parse_logic(false) : parse_not());
  } while (skip_name(is_or ? "or" : "and"));
  if (operands.size() == 1) return std::move(operands[0]);
  return std::make_unique<Logic>(at, is_or, std::move(operands));
}

ExpressionPtr Parser::parse_not() {
  if (!is_name("not")) return parse_comparison();
  const Level level(*this);
  const std::int64_t at = next().at;
  return std::make_unique<Unary>(at, Unary::Kind::logical_not, parse_not());
}

ExpressionPtr Parser::parse_comparison() {
  const std::int64_t at = current().at;
  ExpressionPtr first = parse_arithmetic(0);
  std::vector<std::pair<Comparison, ExpressionPtr>> rest;
  while (true) {
    const auto* row = std::find_if(std::begin(comparisons), std::end(comparisons),
                                   [&](const auto& comparison) { return is_op(comparison.first); });
    if (row != std::end(comparisons)) {
      next();
      rest.emplace_back(row->second, parse_arithmetic(0));
    } else if (skip_name("in")) {
      rest.emplace_back(Comparison::in, parse_arithmetic(0));
    } else if (is_name("not") && look().kind == Token::Kind::name && look().value == "in") {
      next();
      next();
      rest.emplace_back(Comparison::not_in, parse_arithmetic(0));
    } else {
      break;
    }
  }
  if (rest.empty()) return first;
  auto comparing = std::make_unique<Comparing>(at, std::move(first));
  comparing->rest = std::move(rest);
  return comparing;
}

ExpressionPtr Parser::parse_arithmetic(std::size_t rank) {
  const std::int64_t at = current().at;
  const auto operand = [&] {
    return rank == 0 ? parse_concatenation() : rank == 1 ? parse_arithmetic(2) : parse_unary(true);
  };
  ExpressionPtr first = operand();
  std::unique_ptr<Arithmetic> chain;
  while (true) {
    const auto* row = std::find_if(std::begin(operators), std::end(operators),
                                   [&](const OperatorRow& r) { return r.rank == rank && is_op(r.symbol); });
    if (row == std::end(operators)) break;
    next();
    if (!chain) chain = std::make_unique<Arithmetic>(at, std::move(first));
    chain->rest.emplace_back(row->op, operand());
  }
  if (chain) return chain;
  return first;
}

ExpressionPtr Parser::parse_concatenation() {
  const std::int64_t at = current().at;
  Expressions parts;
  do parts.push_back(parse_arithmetic(1));
  while (skip_op("~"));
  if (parts.size() == 1) return std::move(parts[0]);
  return std::make_unique<Concatenation>(at, std::move(parts));
}

ExpressionPtr Parser::parse_unary(bool with_filter) {
  const std::int64_t at = current().at;
  ExpressionPtr expression;
  if (is_op("-") || is_op("+")) {
    const Level level(*this);
    const auto kind = next().value == "-" ? Unary::Kind::minus : Unary::Kind::plus;
    expression = std::make_unique<Unary>(at, kind, parse_unary(false));
  } else {
    expression = parse_primary();
  }
  return parse_postfix(std::move(expression), with_filter);
}

ExpressionPtr Parser::parse_primary() {
  const Token& token = current();
  switch (token.kind) {
    case Token::Kind::name: {
      next();
      if (token.value == "true" || token.value == "True") return std::make_unique<Constant>(token.at, true);
      if (token.value == "false" || token.value == "False") return std::make_unique<Constant>(token.at, false);
      if (token.value == "none" || token.value == "None") return std::make_unique<Constant>(token.at, None{});
      for (MacroUse& macro : macros_) {
        macro.caller |= token.value == "caller";
        macro.varargs |= token.value == "varargs";
        macro.kwargs |= token.value == "kwargs";
      }
      frames_.load(symbol(token.value));
      return std::make_unique<Name>(token.at, symbol(token.value), token.value);
    }
    case Token::Kind::string: {
      std::string text;
      while (current().kind == Token::Kind::string) text += next().value;
      return std::make_unique<Constant>(token.at, Value::source(std::move(text)));
    }
    case Token::Kind::integer:
      next();
      return std::make_unique<Constant>(token.at, Value(BigInteger(std::string_view(token.value))));
    case Token::Kind::real: {
      next();
      double value = 0;
      const auto read = std::from_chars(token.value.data(), token.value.data() + token.value.size(), value);
      if (read.ec == std::errc::result_out_of_range) value = token.value.find("e-") != std::string::npos ? 0 : HUGE_VAL;
      return std::make_unique<Constant>(token.at, value);
    }
    case Token::Kind::op:
      if (token.value == "(") {
        next();
        ExpressionPtr inner = parse_tuple(true, {}, true);
        expect_op(")");
        return inner;
      }
      if (token.value == "[") return parse_list();
      if (token.value == "{") return parse_mapping();
      [[fallthrough]];
    default: refuse(fmt::format("unexpected '{}'", describe(token)));
  }
}

ExpressionPtr Parser::parse_postfix(ExpressionPtr expression, bool with_filter) {
  // Each turn puts a node around the last: as deep as nesting, and as bounded.
  bool filtered = false;
  for (int chain = 0;; ++chain) {
    if (chain == max_levels) refuse(fmt::format("the template nests more than {} deep", max_levels));
    if (is_op("(")) {
      expression = parse_call(std::move(expression));
    } else if (!filtered && is_op(".")) {
      expression = parse_attribute(std::move(expression));
    } else if (!filtered && is_op("[")) {
      expression = parse_subscript(std::move(expression));
    } else if (with_filter && is_op("|")) {
      next();
      expression = parse_filter(std::move(expression));
      filtered = true;
    } else if (with_filter && is_name("is")) {
      expression = parse_test(std::move(expression));
      filtered = true;
    } else {
      return expression;
    }
  }
}

ExpressionPtr Parser::parse_attribute(ExpressionPtr object) {
  const std::int64_t at = next().at;
  const Token& token = next();
  if (token.kind == Token::Kind::name) return std::make_unique<Attribute>(at, std::move(object), token.value);
  if (token.kind != Token::Kind::integer) throw Failure("expected a name or a number behind '.'", token.at);
  auto key = std::make_unique<Constant>(token.at, Value(BigInteger(std::string_view(token.value))));
  return std::make_unique<Item>(at, std::move(object), std::move(key));
}

ExpressionPtr Parser::parse_subscript(ExpressionPtr object) {
  const std::int64_t at = next().at;
  if (skip_op("]")) {
    return std::make_unique<Item>(at, std::move(object),
                                  std::make_unique<Sequence>(at, List::Kind::tuple, Expressions()));
  }
  ExpressionPtr key = parse_subscribed(&object);
  if (skip_op("]")) {
    if (object) return std::make_unique<Item>(at, std::move(object), std::move(key));
    return key;  // a slice, which has taken the object
  }
  if (!object) refuse("a slice stands alone");
  Expressions keys;
  keys.push_back(std::move(key));
  while (!is_op("]")) {
    expect_op(",");
    ExpressionPtr another;
    keys.push_back(parse_subscribed(&another));
  }
  next();
  auto tuple = std::make_unique<Sequence>(at, List::Kind::tuple, std::move(keys));
  return std::make_unique<Item>(at, std::move(object), std::move(tuple));
}

/// An index, or a slice: that takes `object`.
ExpressionPtr Parser::parse_subscribed(ExpressionPtr* object) {
  const std::int64_t at = current().at;
  ExpressionPtr start;
  if (!is_op(":")) {
    start = parse_expression();
    if (!is_op(":")) return start;
  }
  next();
  if (!*object) refuse("a slice stands alone");
  auto slice = std::make_unique<Slice>(at);
  slice->object = std::move(*object);
  slice->start = std::move(start);
  const auto bound = [&]() -> ExpressionPtr {
    return is_op(":") || is_op("]") || is_op(",") ? nullptr : parse_expression();
  };
  slice->stop = bound();
  if (skip_op(":")) slice->step = bound();
  return slice;
}

ExpressionPtr Parser::parse_call(ExpressionPtr callee) {
  auto call = std::make_unique<CallExpression>(current().at, std::move(callee));
  call->arguments = parse_arguments();
  return call;
}

CallArguments Parser::parse_arguments() {
  CallArguments arguments;
  expect_op("(");
  bool first = true;
  while (!is_op(")")) {
    if (!first) {
      expect_op(",");
      if (is_op(")")) break;
    }
    first = false;
    const auto require = [&](bool fine) {
      if (!fine) refuse("invalid syntax for function call expression");
    };
    if (skip_op("*")) {
      require(!arguments.star && !arguments.double_star);
      arguments.star = parse_expression();
    } else if (skip_op("**")) {
      require(!arguments.double_star);
      arguments.double_star = parse_expression();
    } else if (current().kind == Token::Kind::name && look().kind == Token::Kind::op && look().value == "=") {
      require(!arguments.double_star);
      const std::string name = next().value;
      next();
      arguments.named.emplace_back(name, parse_expression());
    } else {
      require(!arguments.star && !arguments.double_star && arguments.named.empty());
      arguments.positional.push_back(parse_expression());
    }
  }
  next();
  return arguments;
}

std::string Parser::parse_dotted_name() {
  std::string name = expect_identifier();
  while (skip_op(".")) name.append(".").append(expect_identifier());
  return name;
}

ExpressionPtr Parser::parse_filter(ExpressionPtr input) {
  auto filter = std::make_unique<Application>(current().at);
  filter->input = std::move(input);
  filter->name = parse_dotted_name();
  filter->native = find_filter(filter->name);
  check_known(filter->native != nullptr, "filter", filter->name, filter->at);
  if (is_op("(")) filter->arguments = parse_arguments();
  return filter;
}

ExpressionPtr Parser::parse_test(ExpressionPtr input) {
  next();
  const std::int64_t at = current().at;
  const bool negated = skip_name("not");
  auto test = std::make_unique<Application>(current().at);
  test->is_test = true;
  test->input = std::move(input);
  test->name = parse_dotted_name();
  test->native = find_test(test->name);
  check_known(test->native != nullptr, "test", test->name, test->at);
  const auto starts_argument = [&] {
    const Token& token = current();
    switch (token.kind) {
      case Token::Kind::name: return token.value != "else" && token.value != "or" && token.value != "and";
      case Token::Kind::string:
      case Token::Kind::integer:
      case Token::Kind::real: return true;
      default: return is_op("[") || is_op("{");
    }
  };
  if (is_op("(")) {
    test->arguments = parse_arguments();
  } else if (starts_argument()) {
    if (is_name("is")) refuse("tests with 'is' cannot be chained");
    test->arguments.positional.push_back(parse_postfix(parse_primary(), false));
  }
  if (!negated) return test;
  return std::make_unique<Unary>(at, Unary::Kind::logical_not, std::move(test));
}

ExpressionPtr Parser::parse_tuple(bool with_condition, std::string_view end, bool parentheses) {
  const std::int64_t at = current().at;
  const auto at_end = [&] {
    return current().kind == Token::Kind::variable_end || current().kind == Token::Kind::block_end || is_op(")") ||
           (!end.empty() && is_name(end));
  };
  Expressions items;
  bool is_tuple = false;
  while (!at_end()) {
    items.push_back(with_condition ? parse_expression() : parse_logic(true));
    if (!skip_op(",")) break;
    is_tuple = true;
  }
  if (!is_tuple && !items.empty()) return std::move(items[0]);
  if (!is_tuple && !parentheses) refuse(fmt::format("expected an expression, found '{}'", describe(current())));
  return std::make_unique<Sequence>(at, List::Kind::tuple, std::move(items));
}

ExpressionPtr Parser::parse_list() {
  const std::int64_t at = next().at;
  Expressions items;
  while (!is_op("]")) {
    if (!items.empty()) expect_op(",");
    if (is_op("]")) break;
    items.push_back(parse_expression());
  }
  next();
  return std::make_unique<Sequence>(at, List::Kind::list, std::move(items));
}

ExpressionPtr Parser::parse_mapping() {
  auto mapping = std::make_unique<Mapping>(next().at);
  while (!is_op("}")) {
    if (!mapping->members.empty()) expect_op(",");
    if (is_op("}")) break;
    ExpressionPtr key = parse_expression();
    expect_op(":");
    mapping->members.emplace_back(std::move(key), parse_expression());
  }
  next();
  return mapping;
}

}  // namespace ondol::jinja
