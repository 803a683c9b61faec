#include "base/json.hpp"
#include "handles.hpp"
#include "options.hpp"

using namespace ondol;
using namespace ondol::capi;

namespace {

Json call_json(const ToolCall& call) {
  std::vector<Json::Member> members{{"name", call.name}, {"arguments", Json::parse(call.arguments, "arguments")}};
  if (!call.id.empty()) members.emplace_back("id", call.id);
  return Json::object(std::move(members));
}

Json calls_json(const std::vector<ToolCall>& calls) {
  Json::Array list;
  for (const ToolCall& call : calls) list.push_back(call_json(call));
  return list;
}

std::string json_of(const ReplyDelta& delta) {
  return Json::object(
             {{"content", delta.content}, {"reasoning", delta.reasoning}, {"tool_calls", calls_json(delta.tool_calls)}})
      .dump();
}

std::string json_of(const ParsedReply& reply) {
  return Json::object({{"content", reply.content},
                       {"reasoning", reply.reasoning ? Json(*reply.reasoning) : Json()},
                       {"tool_calls", calls_json(reply.tool_calls)},
                       {"incomplete", reply.incomplete}})
      .dump();
}

}  // namespace

extern "C" {

ondol_status ondol_parse_reply(const char* text, int64_t size, const char* format, int64_t format_size,
                               const char* options, int64_t options_size, ondol_string** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const std::string_view reply = text_in(text, size, "text");
    const std::string_view name = text_in(format, format_size, "format");
    require(out, "out");
    give(out, json_of(parse_reply(reply, name, reply_options(read_options(options, options_size, Topic::reply)))));
  });
}

ondol_status ondol_reply_parser_new(const char* format, int64_t format_size, const char* options, int64_t options_size,
                                    ondol_reply_parser** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const std::string_view name = text_in(format, format_size, "format");
    require(out, "out");
    give(out, ReplyParser(name, reply_options(read_options(options, options_size, Topic::reply))));
  });
}

ondol_status ondol_reply_parser_add(ondol_reply_parser* parser, const char* text, int64_t size, ondol_string** out,
                                    ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(parser, "parser");
    const std::string_view more = text_in(text, size, "text");
    require(out, "out");
    give(out, json_of(held->value.add(more)));
  });
}

ondol_status ondol_reply_parser_finish(ondol_reply_parser* parser, ondol_string** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(parser, "parser");
    require(out, "out");
    give(out, json_of(held->value.finish()));
  });
}

ondol_status ondol_reply_parser_reply(const ondol_reply_parser* parser, ondol_string** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(parser, "parser");
    require(out, "out");
    give(out, json_of(held->value.reply()));
  });
}

void ondol_reply_parser_free(ondol_reply_parser* parser) { release(parser); }

}  // extern "C"
