#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "chat/jinja/parser.hpp"

namespace ondol::jinja {
namespace {

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

}  // namespace

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
        ExpressionPtr inner = parse_tuple(true, true);
        expect_op(")");
        return inner;
      }
      if (token.value == "[") return parse_list();
      if (token.value == "{") return parse_mapping();
      [[fallthrough]];
    default: refuse(fmt::format("unexpected '{}'", describe(token)));
  }
}

ExpressionPtr Parser::parse_tuple(bool with_condition, bool parentheses) {
  const std::int64_t at = current().at;
  const auto at_end = [&] {
    return current().kind == Token::Kind::variable_end || current().kind == Token::Kind::block_end || is_op(")");
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
