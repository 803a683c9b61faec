#include "chat/jinja/strftime.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>

namespace ondol::jinja {
namespace {

constexpr std::array<std::string_view, 7> days = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                  "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months = {"January",   "February", "March",    "April",
                                                     "May",       "June",     "July",     "August",
                                                     "September", "October",  "November", "December"};

std::tm calendar(std::chrono::sys_seconds now) {
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(now - day);
  std::tm t{};
  t.tm_year = static_cast<int>(date.year()) - 1900;
  t.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  t.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
  t.tm_hour = static_cast<int>(time.hours().count());
  t.tm_min = static_cast<int>(time.minutes().count());
  t.tm_sec = static_cast<int>(time.seconds().count());
  t.tm_wday = static_cast<int>(std::chrono::weekday(day).c_encoding());
  const std::chrono::sys_days new_year = date.year() / std::chrono::January / 1;
  t.tm_yday = static_cast<int>((day - new_year).count());
  return t;
}

std::tm local_now() {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm t{};
  ::localtime_r(&seconds, &t);
  return t;
}

/// Year and week of ISO 8601: weeks start on Monday, the first one holds the year's first Thursday.
std::pair<int, int> iso_week(const std::tm& t) {
  int year = t.tm_year + 1900;
  const int weekday = (t.tm_wday + 6) % 7;
  int week = (t.tm_yday - weekday + 10) / 7;
  const auto weeks_of = [](int y) {
    const auto dec31 = [](int of) { return (of + of / 4 - of / 100 + of / 400) % 7; };
    return dec31(y) == 4 || dec31(y - 1) == 3 ? 53 : 52;
  };
  if (week < 1) {
    week = weeks_of(--year);
  } else if (week > weeks_of(year)) {
    week = 1;
    ++year;
  }
  return {year, week};
}

class Formatter {
 public:
  Formatter(TextBuilder& out, const std::tm& t) : out_(out), t_(t) {}

  void write(std::string_view format, int level = 0) {
    for (std::size_t i = 0; i < format.size(); ++i) {
      if (format[i] != '%' || i + 1 == format.size()) {
        out_.append(format.substr(i, 1));
        continue;
      }
      const std::size_t begin = i++;
      char pad = '0';
      if (std::string_view("-_0^#").find(format[i]) != std::string_view::npos && i + 1 < format.size())
        pad = format[i++];
      if (!write_field(format[i], pad, level)) out_.append(format.substr(begin, i + 1 - begin));
    }
  }

 private:
  void number(int value, int width, char pad, char fill = '0') {
    if (pad == '-') {
      out_.append(std::to_string(value));
    } else if (pad == '_' || (fill == ' ' && pad != '0')) {
      out_.append(fmt::format("{:{}}", value, width));
    } else if (fill == ' ') {
      out_.append(fmt::format("{:{}}", value, width));
    } else {
      out_.append(fmt::format("{:0{}}", value, width));
    }
  }

  void word(std::string_view text, char pad) {
    std::string shown(text);
    if (pad == '^') {
      for (char& c : shown) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    }
    out_.append(shown);
  }

  bool write_field(char field, char pad, int level) {
    const int year = t_.tm_year + 1900;
    const int hour12 = t_.tm_hour % 12 == 0 ? 12 : t_.tm_hour % 12;
    switch (field) {
      case 'a': word(days[static_cast<std::size_t>(t_.tm_wday)].substr(0, 3), pad); return true;
      case 'A': word(days[static_cast<std::size_t>(t_.tm_wday)], pad); return true;
      case 'b':
      case 'h': word(months[static_cast<std::size_t>(t_.tm_mon)].substr(0, 3), pad); return true;
      case 'B': word(months[static_cast<std::size_t>(t_.tm_mon)], pad); return true;
      case 'C': number(year / 100, 2, pad); return true;
      case 'd': number(t_.tm_mday, 2, pad); return true;
      case 'e': number(t_.tm_mday, 2, pad, ' '); return true;
      case 'f': out_.append("000000"); return true;
      case 'g': number(iso_week(t_).first % 100, 2, pad); return true;
      case 'G': number(iso_week(t_).first, 4, pad); return true;
      case 'H': number(t_.tm_hour, 2, pad); return true;
      case 'I': number(hour12, 2, pad); return true;
      case 'j': number(t_.tm_yday + 1, 3, pad); return true;
      case 'k': number(t_.tm_hour, 2, pad, ' '); return true;
      case 'l': number(hour12, 2, pad, ' '); return true;
      case 'm': number(t_.tm_mon + 1, 2, pad); return true;
      case 'M': number(t_.tm_min, 2, pad); return true;
      case 'n': out_.append("\n"); return true;
      case 'p': out_.append(t_.tm_hour < 12 ? "AM" : "PM"); return true;
      case 'P': out_.append(t_.tm_hour < 12 ? "am" : "pm"); return true;
      case 'S': number(t_.tm_sec, 2, pad); return true;
      case 't': out_.append("\t"); return true;
      case 'u': number(t_.tm_wday == 0 ? 7 : t_.tm_wday, 1, pad); return true;
      case 'U': number((t_.tm_yday + 7 - t_.tm_wday) / 7, 2, pad); return true;
      case 'V': number(iso_week(t_).second, 2, pad); return true;
      case 'w': number(t_.tm_wday, 1, pad); return true;
      case 'W': number((t_.tm_yday + 7 - (t_.tm_wday + 6) % 7) / 7, 2, pad); return true;
      case 'y': number(year % 100, 2, pad); return true;
      case 'Y': number(year, 1, pad); return true;
      case 'z':
      case 'Z': return true;  // calendar time has no zone
      case '%': out_.append("%"); return true;
      default: break;
    }
    constexpr std::pair<char, std::string_view> composed[] = {{'c', "%a %b %e %H:%M:%S %Y"},
                                                              {'D', "%m/%d/%y"},
                                                              {'F', "%Y-%m-%d"},
                                                              {'r', "%I:%M:%S %p"},
                                                              {'R', "%H:%M"},
                                                              {'T', "%H:%M:%S"},
                                                              {'x', "%m/%d/%y"},
                                                              {'X', "%H:%M:%S"}};
    for (const auto& [name, format] : composed) {
      if (name != field || level > 0) continue;
      write(format, level + 1);
      return true;
    }
    return false;
  }

  TextBuilder& out_;
  const std::tm& t_;
};

}  // namespace

void append_time(TextBuilder& out, std::string_view format, std::optional<std::chrono::sys_seconds> now) {
  const std::tm t = now ? calendar(*now) : local_now();
  Formatter(out, t).write(format);
}

}  // namespace ondol::jinja
