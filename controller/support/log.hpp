#pragma once

#include "support/error.hpp"

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// The program's log: one line for each entry, as text or JSON, with fields. Values of fields are cleaned. A
// secret cannot be logged, because support::secret converts to nothing.
// Writing never waits for the reader of standard error: lines are kept (256 KiB), then dropped, and the log
// says how many are missing. Not spdlog alone, because spdlog has no fields.
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

// Sets level and format for the process. The default is info, as text, to standard error.
void set_log(log_level level, log_format format);

void set_log_level(log_level level);

bool log_enabled(log_level level);

// log(log_level::info, "certificate attached", {{"binding", "shop/web"}, {"listener", id}});
void log(log_level level, std::string_view message, std::initializer_list<log_field> fields = {});
void log(log_level level, std::string_view message, std::span<const log_field> fields);

// Writes the lines that are kept; waits up to a second for their reader. For the end of the program.
void flush_log();

std::string_view name_of(log_level level);
result<log_level> parse_log_level(std::string_view name);
result<log_format> parse_log_format(std::string_view name);

// Collects the finished lines of all entries for its lifetime, instead of writing them to standard error (for
// tests).
class log_capture
{
public:
    log_capture();
    ~log_capture();
    log_capture(const log_capture&) = delete;
    log_capture& operator=(const log_capture&) = delete;

    // All lines so far; each ends with '\n'.
    std::string text() const;
};

}  // namespace support
