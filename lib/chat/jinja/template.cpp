#include "chat/jinja/template.hpp"

#include <algorithm>

#include "chat/jinja/parser.hpp"

namespace ondol::jinja {

Template::Template(std::string_view source) {
  Parser parser(source);
  body_ = parser.parse(frame_);
  symbols_ = parser.take_symbols();
}

Template::Result Template::render(const std::vector<std::pair<std::string, Value>>& variables,
                                  const Interpreter::Settings& settings) const {
  Interpreter in(settings);
  TextBuilder out(in.limits);
  in.out = &out;
  in.inputs.resize(symbols_.size());
  for (Symbol symbol = 0; symbol < symbols_.size(); ++symbol) {
    const std::string& name = symbols_[symbol];
    const auto found = std::find_if(variables.begin(), variables.end(), [&](const auto& v) { return v.first == name; });
    if (found != variables.end()) {
      in.inputs[symbol] = found->second;
    } else if (const Native* function = find_function(name)) {
      in.inputs[symbol] = ObjectPtr(std::make_shared<BoundMethod>(*function));
    }
  }
  in.root_frame = &frame_;
  in.root = in.inner_scope(frame_);
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
