#pragma once

#include "support/error.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

// The program's log: one line an entry, as text or JSON, with fields. Field values are cleaned; secrets have
// no way in, because support::secret converts to nothing.
namespace support {

enum class log_level
{
    debug,
    info,
    warn,
    error,
};

enum class log_format
{
    text,
    json,
};

struct log_field
{
    std::string_view key;
    std::string value;
};

// Sets level and format for the process; until then: info, text, standard error.
void set_log(log_level level, log_format format);

bool log_enabled(log_level level);

// log(log_level::info, "certificate attached", {{"binding", "shop/web"}, {"listener", id}});
void log(log_level level, std::string_view message, std::initializer_list<log_field> fields = {});

result<log_level> parse_log_level(std::string_view name);
result<log_format> parse_log_format(std::string_view name);

// Takes every entry as its finished line, instead of standard error, while it lives (for tests).
class log_capture
{
public:
    log_capture();
    ~log_capture();
    log_capture(const log_capture&) = delete;
    log_capture& operator=(const log_capture&) = delete;

    // All lines so far, each ended by '\n'.
    std::string text() const;
};

}  // namespace support
