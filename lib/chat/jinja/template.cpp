#include "chat/jinja/template.hpp"

#include <algorithm>

#include "chat/jinja/parser.hpp"

namespace ondol::jinja {

Template::Template(std::string_view source) {
  Parser parser(source);
  body_ = parser.parse();
  symbols_ = parser.take_symbols();
}

Template::Result Template::render(const std::vector<std::pair<std::string, Value>>& variables,
                                  const Interpreter::Settings& settings) const {
  Interpreter in(settings);
  TextBuilder out(in.limits);
  in.out = &out;
  const auto inputs = std::make_shared<Scope>(nullptr);
  for (Symbol symbol = 0; symbol < symbols_.size(); ++symbol) {
    const std::string& name = symbols_[symbol];
    const auto found = std::find_if(variables.begin(), variables.end(), [&](const auto& v) { return v.first == name; });
    if (found != variables.end()) {
      inputs->set(symbol, found->second);
    } else if (const Native* function = find_function(name)) {
      inputs->set(symbol, ObjectPtr(std::make_shared<BoundMethod>(*function)));
    }
  }
  in.root = std::make_shared<Scope>(inputs);
  in.scope = in.root;
  try {
    in.run(body_);
  } catch (Failure& failure) {
    if (failure.offset < 0) failure.offset = in.at;
    throw;
  }
  auto [text, content] = out.release();
  return {std::move(text), std::move(content)};
}

}  // namespace ondol::jinja
