#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "chat/jinja/ast.hpp"
#include "chat/jinja/frames.hpp"
#include "chat/jinja/lexer.hpp"

namespace ondol::jinja {

/// What a token is called in messages.
[[nodiscard]] std::string describe(const Token& token);

/// Builds the tree of a template: Jinja2's grammar, with its loop controls and transformers' {% generation %}.
class Parser {
 public:
  explicit Parser(std::string_view source);

  /// @param frame  the template's own; stays where it is
  Block parse(Frame& frame);
  [[nodiscard]] std::vector<std::string> take_symbols() { return std::move(symbols_); }

 private:
  // Tokens
  [[nodiscard]] const Token& current() const { return tokens_[at_]; }
  [[nodiscard]] const Token& look() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  const Token& next();
  [[nodiscard]] bool is_op(std::string_view op) const;
  [[nodiscard]] bool is_name(std::string_view name) const;
  bool skip_op(std::string_view op);
  bool skip_name(std::string_view name);
  void expect_op(std::string_view op);
  void expect_name(std::string_view name);
  const std::string& expect_identifier();
  [[noreturn]] void refuse(const std::string& message) const;
  [[noreturn]] void refuse_token(std::string_view expected) const;
  Symbol symbol(const std::string& name);

  // Expressions (parse_expression.cpp, and parse_postfix.cpp for what stands behind one), loosest first
  ExpressionPtr parse_expression();
  ExpressionPtr parse_logic(bool is_or);
  ExpressionPtr parse_not();
  ExpressionPtr parse_comparison();
  ExpressionPtr parse_arithmetic(std::size_t rank);
  ExpressionPtr parse_concatenation();
  ExpressionPtr parse_unary(bool with_filter);
  ExpressionPtr parse_primary();
  ExpressionPtr parse_postfix(ExpressionPtr expression, bool with_filter);
  ExpressionPtr parse_attribute(ExpressionPtr object);
  ExpressionPtr parse_subscript(ExpressionPtr object);
  ExpressionPtr parse_subscribed(ExpressionPtr* object);
  ExpressionPtr parse_call(ExpressionPtr callee);
  CallArguments parse_arguments();
  ExpressionPtr parse_filter(ExpressionPtr input);
  ExpressionPtr parse_test(ExpressionPtr input);
  ExpressionPtr parse_tuple(bool with_condition, bool parentheses = false);
  ExpressionPtr parse_list();
  ExpressionPtr parse_mapping();
  std::string parse_dotted_name();

  // Statements (parse_statement.cpp, parse_macro.cpp)
  Block parse_block(std::initializer_list<std::string_view> ends);
  Block parse_body(std::initializer_list<std::string_view> ends);
  Block parse_whole_body(std::string_view end);
  std::unique_ptr<Statement> parse_statement();
  std::unique_ptr<Statement> parse_if();
  std::unique_ptr<Statement> parse_for();
  std::unique_ptr<Statement> parse_loop_control();
  std::unique_ptr<Statement> parse_set();
  std::unique_ptr<Statement> parse_macro();
  std::unique_ptr<Statement> parse_call_block();
  std::unique_ptr<Statement> parse_filter_block();
  std::unique_ptr<Statement> parse_with();
  std::unique_ptr<Statement> parse_section();
  std::unique_ptr<Statement> parse_generation();
  std::unique_ptr<Statement> parse_auto_escape();
  std::unique_ptr<Statement> parse_print();
  std::unique_ptr<Statement> parse_other_template();
  void parse_macro_body(MacroNode& macro, std::string_view end);
  std::vector<Parameter> parse_parameters();
  Target parse_target(bool with_namespace);
  Target parse_one_target(bool with_namespace);

  /// Nested rules, bounded so that the machine's stack is too.
  class Level {
   public:
    explicit Level(Parser& parser);
    ~Level() { --parser_.levels_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser& parser_;
  };

  /// Filters and tests that do not exist are an error at once, but for those inside of `if`: only when they are
  /// reached. Jinja2 does so, and templates ask for what newer versions have.
  struct Unknown {
    std::string message;
    std::int64_t at;
    int frame;
  };
  void check_known(bool known, std::string_view type, const std::string& name, std::int64_t at);
  void forgive_unknown(std::size_t since);
  /// A block with variables of its own: an `if` around it forgives nothing inside.
  template <class Body>
  auto in_frame(Frame& frame, Body&& body, bool detached = false);

  struct MacroUse {
    bool caller = false, varargs = false, kwargs = false;
  };

  static constexpr int max_levels = 200;

  std::string source_;
  std::vector<Token> tokens_;
  Frames frames_;
  std::size_t at_ = 0;
  int levels_ = 0;
  int loops_ = 0;  // that break and continue may leave
  int fors_ = 0;   // around the current place
  int frame_ = 0;
  std::vector<Unknown> unknown_;
  std::vector<MacroUse> macros_;  // around the current place
  std::vector<std::string_view> open_tags_;
  std::unordered_set<std::string> blocks_;
  std::vector<std::string> symbols_;
  std::unordered_map<std::string, Symbol> symbol_of_;
};

template <class Body>
auto Parser::in_frame(Frame& frame, Body&& body, bool detached) {
  ++frame_;
  frames_.open(frame, detached);
  auto result = body();
  frames_.close();
  --frame_;
  return result;
}

}  // namespace ondol::jinja
