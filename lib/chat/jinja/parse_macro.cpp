#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "chat/jinja/parser.hpp"

namespace ondol::jinja {

std::vector<Parameter> Parser::parse_parameters() {
  std::vector<Parameter> parameters;
  expect_op("(");
  while (!is_op(")")) {
    if (!parameters.empty()) expect_op(",");
    Parameter parameter{.symbol = 0, .name = expect_identifier(), .preset = nullptr};
    parameter.symbol = symbol(parameter.name);
    if (skip_op("=")) {
      parameter.preset = parse_expression();
    } else if (!parameters.empty() && parameters.back().preset) {
      refuse("non-default argument follows default argument");
    }
    const auto same = [&](const Parameter& p) { return p.symbol == parameter.symbol; };
    if (std::any_of(parameters.begin(), parameters.end(), same)) {
      refuse(fmt::format("duplicate argument '{}'", parameter.name));
    }
    if (parameter.symbol == symbol_caller && !parameter.preset) {
      refuse("the special 'caller' argument must be omitted or be given a default");
    }
    frames_.parameter(parameter.symbol);
    parameters.push_back(std::move(parameter));
  }
  next();
  return parameters;
}

void Parser::parse_macro_body(MacroNode& macro, std::string_view end) {
  for (const Symbol special : {symbol_caller, symbol_varargs, symbol_kwargs}) frames_.parameter(special);
  macros_.emplace_back();
  const int loops = std::exchange(loops_, 0);
  macro.body = parse_whole_body(end);
  loops_ = loops;
  macro.uses_caller = macros_.back().caller;
  macro.uses_varargs = macros_.back().varargs;
  macro.uses_kwargs = macros_.back().kwargs;
  macros_.pop_back();
}

std::unique_ptr<Statement> Parser::parse_macro() {
  next();
  auto node = std::make_unique<MacroStatement>();
  node->macro.name = expect_identifier();
  node->symbol = symbol(node->macro.name);
  frames_.store({.kind = Target::Kind::name, .symbol = node->symbol});
  in_frame(node->macro.frame, [&] {
    node->macro.parameters = parse_parameters();
    parse_macro_body(node->macro, "endmacro");
    return 0;
  });
  return node;
}

std::unique_ptr<Statement> Parser::parse_call_block() {
  next();
  auto node = std::make_unique<CallBlock>();
  node->caller.name = "caller";
  frames_.open(node->caller.frame);
  if (is_op("(")) node->caller.parameters = parse_parameters();
  frames_.close();
  ExpressionPtr expression = parse_expression();
  auto* call = dynamic_cast<CallExpression*>(expression.get());
  if (!call) refuse("expected call");
  expression.release();
  node->call.reset(call);
  ++frame_;
  frames_.reopen(node->caller.frame);
  parse_macro_body(node->caller, "endcall");
  frames_.close();
  --frame_;
  return node;
}

}  // namespace ondol::jinja
