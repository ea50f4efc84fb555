#include "support/log.hpp"

#include "support/text.hpp"
#include "support/unblocked_output.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <memory>
#include <sstream>
#include <unistd.h>

namespace support {
namespace {

constexpr std::size_t longest_value = 1024;

constexpr std::array<std::pair<std::string_view, log_level>, 4> levels{
    {{"debug", log_level::debug},
     {"info", log_level::info},
     {"warn", log_level::warn},
     {"error", log_level::error}}
};

// Standard error, without ever waiting for its reader.
class stderr_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex>
{
public:
    unblocked_output output{STDERR_FILENO};

private:
    void sink_it_(const spdlog::details::log_msg& entry) override
    {
        spdlog::memory_buf_t line;
        formatter_->format(entry, line);
        output.write({line.data(), line.size()});
    }

    void flush_() override { output.flush(0); }
};

struct log_state
{
    log_format format = log_format::text;
    std::shared_ptr<spdlog::logger> logger;
    std::shared_ptr<std::ostringstream> captured;
    std::shared_ptr<stderr_sink> to_stderr;  // null while the lines are captured
};

void apply_pattern(log_state& state)
{
    state.logger->set_pattern(
        state.format == log_format::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                         : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
        spdlog::pattern_time_type::utc
    );
}

void write_to(log_state& state, spdlog::sink_ptr sink)
{
    state.to_stderr = std::dynamic_pointer_cast<stderr_sink>(sink);
    const auto level = state.logger ? state.logger->level() : spdlog::level::info;
    state.logger = std::make_shared<spdlog::logger>("controller", std::move(sink));
    state.logger->set_level(level);
    state.logger->flush_on(spdlog::level::trace);
    apply_pattern(state);
}

log_state& current()
{
    static auto& state = *[] {
        auto* initial = new log_state;
        write_to(*initial, std::make_shared<stderr_sink>());
        return initial;
    }();
    return state;
}

spdlog::level::level_enum spdlog_level(log_level level)
{
    switch (level)
    {
        case log_level::debug:
            return spdlog::level::debug;
        case log_level::info:
            return spdlog::level::info;
        case log_level::warn:
            return spdlog::level::warn;
        case log_level::error:
            break;
    }
    return spdlog::level::err;
}

std::string json_text(std::string_view text)
{
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// One plain word stays as it is; any other value is quoted.
std::string text_value(std::string_view value)
{
    const bool plain = !value.empty() && value.find_first_of(" \"=") == std::string_view::npos;
    return plain ? std::string(value) : json_text(value);
}

}  // namespace

void set_log(log_level level, log_format format)
{
    auto& state = current();
    state.format = format;
    state.logger->set_level(spdlog_level(level));
    apply_pattern(state);
}

void set_log_level(log_level level)
{
    current().logger->set_level(spdlog_level(level));
}

bool log_enabled(log_level level)
{
    return current().logger->should_log(spdlog_level(level));
}

void log(log_level level, std::string_view message, std::initializer_list<log_field> fields)
{
    log(level, message, std::span(fields.begin(), fields.size()));
}

void log(log_level level, std::string_view message, std::span<const log_field> fields)
{
    auto& state = current();
    if (!state.logger->should_log(spdlog_level(level)))
    {
        return;
    }
    if (const std::size_t dropped = state.to_stderr ? state.to_stderr->output.take_dropped() : 0; dropped > 0)
    {
        log(log_level::warn,
            "lines of the log are missing, because nobody read them",
            {{"lines", std::to_string(dropped)}});
    }
    const bool json = state.format == log_format::json;
    const std::string cleaned = clean(message, longest_value);
    std::string line = json ? "\"message\":" + json_text(cleaned) : cleaned;
    for (const auto& [key, value] : fields)
    {
        const std::string cleaned_value = clean(value, longest_value);
        line += json ? "," + json_text(key) + ":" + json_text(cleaned_value)
                     : " " + std::string(key) + "=" + text_value(cleaned_value);
    }
    state.logger->log(spdlog_level(level), "{}", line);
}

void flush_log()
{
    constexpr int milliseconds = 1000;
    if (const auto& output = current().to_stderr)
    {
        output->output.flush(milliseconds);
    }
}

std::string_view name_of(log_level level)
{
    return std::ranges::find(levels, level, &std::pair<std::string_view, log_level>::second)->first;
}

result<log_level> parse_log_level(std::string_view name)
{
    for (const auto& [known, level] : levels)
    {
        if (known == name)
        {
            return level;
        }
    }
    return fail(
        errc::invalid, "log level \"" + std::string(name) + "\" is not known; use debug, info, warn or error"
    );
}

result<log_format> parse_log_format(std::string_view name)
{
    if (name == "text" || name == "json")
    {
        return name == "json" ? log_format::json : log_format::text;
    }
    return fail(errc::invalid, "log format \"" + std::string(name) + "\" is not known; use json or text");
}

log_capture::log_capture()
{
    auto& state = current();
    state.captured = std::make_shared<std::ostringstream>();
    write_to(state, std::make_shared<spdlog::sinks::ostream_sink_st>(*state.captured));
}

log_capture::~log_capture()
{
    auto& state = current();
    write_to(state, std::make_shared<stderr_sink>());
    state.captured.reset();
}

std::string log_capture::text() const
{
    return current().captured->str();
}

}  // namespace support
