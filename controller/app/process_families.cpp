#include "app/metric_families.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace app {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

// The fields of /proc/self/stat after the name of the program, which may hold spaces (proc(5)); the first is
// the state, field 3.
std::vector<std::string> fields_of_stat()
{
    std::ifstream file("/proc/self/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto end_of_name = text.rfind(')');
    if (end_of_name == std::string::npos)
    {
        return {};
    }
    std::istringstream rest(text.substr(end_of_name + 1));
    return {std::istream_iterator<std::string>(rest), {}};
}

double number_in(const std::vector<std::string>& fields, std::size_t number)
{
    constexpr std::size_t first = 3;
    double value = 0;
    const std::string& text = fields.at(number - first);
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// When the machine was started, in seconds since 1970.
std::optional<double> boot_time()
{
    std::ifstream file("/proc/stat");
    for (std::string line; std::getline(file, line);)
    {
        if (line.starts_with("btime "))
        {
            return std::stod(line.substr(6));
        }
    }
    return std::nullopt;
}

std::optional<double> open_files()
{
    std::error_code failed;
    const std::filesystem::directory_iterator files("/proc/self/fd", failed);
    if (failed)
    {
        return std::nullopt;
    }
    // One of them is that of the walk itself.
    return static_cast<double>(std::distance(begin(files), end(files)) - 1);
}

}  // namespace

std::vector<MetricFamily> process_families()
{
    std::vector<MetricFamily> families;
    const auto add = [&](std::string name, std::string help, MetricType type, double value) {
        families.push_back(family_of(std::move(name), std::move(help), type, value));
    };
    // The numbers of the fields in proc(5).
    constexpr std::size_t user_time = 14;
    constexpr std::size_t system_time = 15;
    constexpr std::size_t start_time = 22;
    constexpr std::size_t virtual_bytes = 23;
    constexpr std::size_t resident_pages = 24;
    const auto fields = fields_of_stat();
    if (fields.size() + 2 >= resident_pages)
    {
        const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
        add("process_cpu_seconds_total",
            "Total user and system CPU time spent in seconds.",
            MetricType::Counter,
            (number_in(fields, user_time) + number_in(fields, system_time)) / ticks);
        add("process_resident_memory_bytes",
            "Resident memory size in bytes.",
            MetricType::Gauge,
            number_in(fields, resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
        add("process_virtual_memory_bytes",
            "Virtual memory size in bytes.",
            MetricType::Gauge,
            number_in(fields, virtual_bytes));
        if (const auto boot = boot_time())
        {
            add("process_start_time_seconds",
                "Start time of the process since unix epoch in seconds.",
                MetricType::Gauge,
                *boot + number_in(fields, start_time) / ticks);
        }
    }
    if (const auto count = open_files())
    {
        add("process_open_fds", "Number of open file descriptors.", MetricType::Gauge, *count);
    }
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
    {
        add("process_max_fds",
            "Maximum number of open file descriptors.",
            MetricType::Gauge,
            static_cast<double>(files.rlim_cur));
    }
    return families;
}

}  // namespace app
