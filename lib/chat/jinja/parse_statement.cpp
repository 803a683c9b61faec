#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "chat/jinja/parser.hpp"

namespace ondol::jinja {

/// Statements up to a tag of one of `ends`, which is current() then; without ends up to the end of the template.
Block Parser::parse_block(std::initializer_list<std::string_view> ends) {
  const Level level(*this);
  Block block;
  while (true) {
    switch (current().kind) {
      case Token::Kind::data: block.push_back(std::make_unique<Data>(next().value)); break;
      case Token::Kind::variable_begin: {
        next();
        auto output = std::make_unique<Output>();
        output->values.push_back(parse_tuple(true));
        if (current().kind != Token::Kind::variable_end) refuse_token("end of print statement");
        next();
        block.push_back(std::move(output));
        break;
      }
      case Token::Kind::block_begin:
        next();
        if (current().kind == Token::Kind::name && std::find(ends.begin(), ends.end(), current().value) != ends.end()) {
          return block;
        }
        block.push_back(parse_statement());
        if (current().kind != Token::Kind::block_end) refuse_token("end of statement block");
        next();
        break;
      default:
        if (ends.size() == 0) return block;
        refuse(fmt::format("Unexpected end of template: looking for {}; the innermost open tag is '{}'",
                           fmt::join(ends, " or "), open_tags_.empty() ? "" : open_tags_.back()));
    }
  }
}

/// The body behind a tag whose expressions are read.
Block Parser::parse_body(std::initializer_list<std::string_view> ends) {
  skip_op(":");
  if (current().kind != Token::Kind::block_end) refuse_token("end of statement block");
  next();
  return parse_block(ends);
}

Block Parser::parse_whole_body(std::string_view end) {
  Block block = parse_body({end});
  next();
  return block;
}

std::unique_ptr<Statement> Parser::parse_statement() {
  struct Row {
    std::string_view tag;
    std::unique_ptr<Statement> (Parser::*parse)();
  };
  static constexpr Row rows[] = {
      {"if", &Parser::parse_if},
      {"for", &Parser::parse_for},
      {"set", &Parser::parse_set},
      {"macro", &Parser::parse_macro},
      {"generation", &Parser::parse_generation},
      {"break", &Parser::parse_loop_control},
      {"continue", &Parser::parse_loop_control},
      {"call", &Parser::parse_call_block},
      {"filter", &Parser::parse_filter_block},
      {"with", &Parser::parse_with},
      {"block", &Parser::parse_section},
      {"print", &Parser::parse_print},
      {"autoescape", &Parser::parse_auto_escape},
      {"include", &Parser::parse_other_template},
      {"import", &Parser::parse_other_template},
      {"from", &Parser::parse_other_template},
      {"extends", &Parser::parse_other_template},
  };
  if (current().kind != Token::Kind::name) refuse("tag name expected");
  const auto* row = std::find_if(std::begin(rows), std::end(rows), [&](const Row& r) { return is_name(r.tag); });
  if (row == std::end(rows)) refuse(fmt::format("Encountered unknown tag '{}'.", current().value));
  open_tags_.push_back(row->tag);
  auto statement = (this->*row->parse)();
  open_tags_.pop_back();
  return statement;
}

std::unique_ptr<Statement> Parser::parse_if() {
  const std::size_t known = unknown_.size();
  auto node = std::make_unique<If>();
  do {
    next();
    ExpressionPtr condition = parse_tuple(false);
    frames_.open_branch();
    node->branches.emplace_back(std::move(condition), parse_body({"elif", "else", "endif"}));
    frames_.close_branch();
  } while (is_name("elif"));
  frames_.open_branch();
  if (next().value == "else") node->otherwise = parse_whole_body("endif");
  frames_.close_branch();
  forgive_unknown(known);
  return node;
}

std::unique_ptr<Statement> Parser::parse_for() {
  next();
  auto node = std::make_unique<For>();
  ++fors_;
  node->target = parse_target(false);
  expect_name("in");
  node->iterable = parse_tuple(false);
  if (skip_name("if")) {
    node->condition = in_frame(node->condition_frame, [&] {
      frames_.parameter(node->target);
      return parse_expression();
    });
  }
  node->recursive = skip_name("recursive");
  node->body = in_frame(node->body_frame, [&] {
    frames_.parameter(symbol_loop);
    frames_.parameter(node->target);
    ++loops_;
    Block body = parse_body({"endfor", "else"});
    --loops_;
    return body;
  });
  if (next().value == "else") {
    node->otherwise = in_frame(node->otherwise_frame, [&] { return parse_whole_body("endfor"); });
  }
  --fors_;
  return node;
}

std::unique_ptr<Statement> Parser::parse_loop_control() {
  if (loops_ == 0) refuse(fmt::format("'{}' outside loop", current().value));
  return std::make_unique<LoopControl>(next().value == "break" ? Flow::break_loop : Flow::continue_loop);
}

std::unique_ptr<Statement> Parser::parse_set() {
  next();
  Target target = parse_target(true);
  if (skip_op("=")) {
    auto node = std::make_unique<Set>();
    node->target = std::move(target);
    node->value = parse_tuple(true);
    frames_.store(node->target);
    return node;
  }
  auto node = std::make_unique<SetBlock>();
  node->target = std::move(target);
  frames_.store(node->target);
  in_frame(node->frame, [&] {
    while (skip_op("|")) node->filter = parse_filter(std::move(node->filter));
    node->body = parse_whole_body("endset");
    return 0;
  });
  return node;
}

std::unique_ptr<Statement> Parser::parse_filter_block() {
  next();
  auto node = std::make_unique<FilterBlock>();
  ++frame_;
  do node->filter = parse_filter(std::move(node->filter));
  while (skip_op("|"));
  --frame_;
  in_frame(node->frame, [&] {
    node->body = parse_whole_body("endfilter");
    return 0;
  });
  return node;
}

std::unique_ptr<Statement> Parser::parse_with() {
  next();
  auto node = std::make_unique<With>();
  while (current().kind != Token::Kind::block_end) {
    if (!node->variables.empty()) expect_op(",");
    Target target = parse_target(false);
    expect_op("=");
    node->variables.emplace_back(std::move(target), parse_expression());
  }
  in_frame(node->frame, [&] {
    for (const auto& [target, value] : node->variables) frames_.parameter(target);
    node->body = parse_whole_body("endwith");
    return 0;
  });
  return node;
}

std::unique_ptr<Statement> Parser::parse_section() {
  next();
  auto node = std::make_unique<Section>();
  const std::string name = expect_identifier();
  if (!blocks_.insert(name).second) refuse(fmt::format("block '{}' defined twice", name));
  node->top = !skip_name("scoped");
  skip_name("required");
  const int loops = std::exchange(loops_, 0);
  const auto body = [&] {
    node->body = parse_whole_body("endblock");
    return 0;
  };
  in_frame(node->frame, body, true);
  loops_ = loops;
  skip_name(name);
  return node;
}

std::unique_ptr<Statement> Parser::parse_generation() {
  next();
  auto node = std::make_unique<Section>();
  const int loops = std::exchange(loops_, 0);
  in_frame(node->frame, [&] {
    node->body = parse_whole_body("endgeneration");
    return 0;
  });
  loops_ = loops;
  return node;
}

std::unique_ptr<Statement> Parser::parse_auto_escape() {
  next();
  auto node = std::make_unique<AutoEscape>();
  in_frame(node->frame, [&] {
    node->on = parse_expression();
    node->body = parse_whole_body("endautoescape");
    return 0;
  });
  return node;
}

std::unique_ptr<Statement> Parser::parse_print() {
  next();
  auto node = std::make_unique<Output>();
  while (current().kind != Token::Kind::block_end) {
    if (!node->values.empty()) expect_op(",");
    node->values.push_back(parse_expression());
  }
  return node;
}

std::unique_ptr<Statement> Parser::parse_other_template() {
  const Token& tag = next();
  (void)parse_expression();
  while (current().kind == Token::Kind::name || is_op(",")) next();  // as x, ignore missing, with context ...
  return std::make_unique<OtherTemplate>(tag.at, tag.value);
}

Target Parser::parse_one_target(bool with_namespace) {
  const Level level(*this);
  if (skip_op("(")) {
    Target target = parse_target(with_namespace);
    expect_op(")");
    return target;
  }
  const Token& token = current();
  constexpr std::string_view constants[] = {"true", "false", "none", "True", "False", "None"};
  if (token.kind != Token::Kind::name ||
      std::find(std::begin(constants), std::end(constants), token.value) != std::end(constants)) {
    refuse(fmt::format("can't assign to '{}'", token.value));
  }
  next();
  Target target;
  target.symbol = symbol(token.value);
  if (target.symbol == symbol_loop && fors_ > 0) refuse("can't assign to the special loop variable in a for-loop");
  if (with_namespace && skip_op(".")) {
    target.kind = Target::Kind::attribute;
    target.name = expect_identifier();
  }
  return target;
}

Target Parser::parse_target(bool with_namespace) {
  Target first = parse_one_target(with_namespace);
  if (!is_op(",")) return first;
  Target tuple;
  tuple.kind = Target::Kind::tuple;
  tuple.parts.push_back(std::move(first));
  while (skip_op(",")) {
    if (is_op(")") || current().kind == Token::Kind::block_end) break;
    tuple.parts.push_back(parse_one_target(with_namespace));
  }
  return tuple;
}

}  // namespace ondol::jinja
