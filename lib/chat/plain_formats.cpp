#include "chat/plain_formats.hpp"

namespace ondol {
namespace {

constexpr std::string_view preamble = R"(
{%- macro text(content) %}
  {%- if content is string %}{{ content }}{% else %}
    {%- for part in content or [] %}
      {%- if part is not string and part.type != 'text' %}{{ raise_exception('a plain format takes text only') }}{% endif %}
      {{- part if part is string else part.text }}
    {%- endfor %}
  {%- endif %}
{%- endmacro %}
{%- if tools %}{{ raise_exception('a plain format cannot pass tools') }}{% endif %})";

/// Stanford Alpaca's instructions; a system message stands for its first sentences.
constexpr std::string_view alpaca = R"(
{%- if not messages or messages[0].role != 'system' %}
  {{- 'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n' }}
{%- endif %}
{%- for message in messages %}
  {%- if message.role == 'system' %}{{ text(message.content) ~ '\n\n' }}
  {%- elif message.role == 'user' %}{{ '### Instruction:\n' ~ text(message.content) ~ '\n\n' }}
  {%- elif message.role == 'assistant' %}{{ '### Response:\n' ~ text(message.content)|trim ~ '\n\n' }}
  {%- else %}{{ raise_exception('alpaca has no role ' ~ message.role) }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '### Response:\n' }}{% endif %})";

/// OpenAI's markers; they are control tokens where the vocabulary has them, else text.
constexpr std::string_view chatml = R"(
{%- for message in messages %}
  {{- '<|im_start|>' ~ message.role ~ '\n' ~ text(message.content) ~ '<|im_end|>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %})";

constexpr std::string_view korean_dialogue = R"(
{%- for message in messages %}
  {%- if message.role == 'system' %}{{ text(message.content) ~ '\n' }}
  {%- elif message.role == 'user' %}{{ '[유저]: ' ~ text(message.content) ~ '\n' }}
  {%- elif message.role == 'assistant' %}{{ '[챗봇]: ' ~ text(message.content)|trim ~ '\n' }}
  {%- else %}{{ raise_exception('korean-dialogue has no role ' ~ message.role) }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '[챗봇]:' }}{% endif %})";

/// Vicuna 1.1, as FastChat writes it: each reply ends with the end token.
constexpr std::string_view vicuna = R"(
{%- if not messages or messages[0].role != 'system' %}
  {{- "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, " }}
  {{- "and polite answers to the user's questions. " }}
{%- endif %}
{%- for message in messages %}
  {%- if message.role == 'system' %}{{ text(message.content) ~ ' ' }}
  {%- elif message.role == 'user' %}{{ 'USER: ' ~ text(message.content) ~ ' ' }}
  {%- elif message.role == 'assistant' %}{{ 'ASSISTANT: ' ~ text(message.content)|trim ~ eos_token|default('</s>') }}
  {%- else %}{{ raise_exception('vicuna has no role ' ~ message.role) }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %})";

constexpr PlainFormat formats[] = {
    {"alpaca", "### Instruction:", alpaca},
    {"chatml", "<|im_end|>", chatml},
    {"korean-dialogue", "[유저]:", korean_dialogue},
    {"vicuna", "USER:", vicuna},
};

}  // namespace

std::span<const PlainFormat> plain_formats() noexcept { return formats; }

std::string_view plain_preamble() noexcept { return preamble; }

}  // namespace ondol
