#include "chat/jinja/parser.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ondol::jinja {

Parser::Parser(std::string_view source) : source_(normalise(source)), tokens_(tokenize(source_)) {
  for (const char* name : {"loop", "caller", "varargs", "kwargs"}) symbol(name);
}

Block Parser::parse(Frame& frame) {
  frames_.open(frame);
  Block body = parse_block({});
  frames_.close();
  frames_.finish(symbols_);
  if (!unknown_.empty()) throw Failure(unknown_.front().message, unknown_.front().at);
  return body;
}

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

}  // namespace ondol::jinja
