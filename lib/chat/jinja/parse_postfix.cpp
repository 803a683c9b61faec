#include <fmt/format.h>

#include "chat/jinja/parser.hpp"

namespace ondol::jinja {

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

}  // namespace ondol::jinja
