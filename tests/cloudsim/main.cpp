// The cloud simulator as a program.
#include "cloudsim/http/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sys/prctl.h>

namespace {

// Writes the file whole or not at all, because a reader may read the file as soon as it exists.
void write_state_file(const std::string& path, const std::string& text)
{
    const auto unfinished = path + ".new";
    std::ofstream(unfinished) << text << '\n';
    if (std::rename(unfinished.c_str(), path.c_str()) != 0)
    {
        throw std::runtime_error("cannot write " + path);
    }
}

// What the program is told about ByCloud.
struct bycloud_flags
{
    std::vector<std::string> api_keys;
    std::vector<std::string> tokens;
    std::string tier;
    std::string unbind;
};

void add_flags(CLI::App& app, bycloud_flags& flags)
{
    app.add_option("--bycloud-api-key", flags.api_keys, "A credential ID:SECRET of ByCloud; may be repeated")
        ->expected(1)
        ->take_all();
    app.add_option(
           "--bycloud-token", flags.tokens, "A credential ID:TOKEN for Authorization: Bearer; may be repeated"
    )
        ->expected(1)
        ->take_all();
    app.add_option(
        "--bycloud-tier",
        flags.tier,
        "The rate limits: off, standard, professional, enterprise (default), or PER_MINUTE/PER_HOUR"
    );
    app.add_option(
        "--bycloud-unbind",
        flags.unbind,
        "What DELETE of a binding does: served (default), no_route, not_allowed, not_implemented"
    );
}

// The two parts of ID:TEXT.
std::pair<std::string, std::string> parts_of(const std::string& flag, const std::string& text)
{
    const auto colon = text.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == text.size())
    {
        throw std::invalid_argument(flag + " takes two texts with a colon between them");
    }
    return {text.substr(0, colon), text.substr(colon + 1)};
}

void prepare(const cloudsim::control& sim, const bycloud_flags& flags)
{
    for (const auto& key : flags.api_keys)
    {
        const auto [id, secret] = parts_of("--bycloud-api-key", key);
        sim.bycloud().add_credential({.id = id, .secret = secret});
    }
    for (const auto& given : flags.tokens)
    {
        const auto [id, token] = parts_of("--bycloud-token", given);
        sim.bycloud().add_credential({.id = id, .token = token});
    }
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app(
        "Answers as Keystone, Barbican, Octavia and ByCloud do, on 127.0.0.1. Prints its addresses as a line "
        "of JSON."
    );
    std::string state_file;
    std::string barbican_release;
    bool die_with_parent = false;
    app.add_option("--state-file", state_file, "Write the line of JSON here too");
    app.add_option(
        "--barbican-release",
        barbican_release,
        "Use the words of this release of Barbican: queens ... 2026.1, today"
    );
    app.add_flag("--die-with-parent", die_with_parent, "End when the process that started it ends");
    bycloud_flags bycloud;
    add_flags(app, bycloud);
    CLI11_PARSE(app, argc, argv);
    try
    {
        if (die_with_parent)
        {
            ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        }
        boost::asio::io_context context(1);
        auto settings = cloudsim::json::object();
        const auto set = [&](const char* name, const std::string& value) {
            if (!value.empty())
            {
                settings[name] = value;
            }
        };
        set("barbican_release", barbican_release);
        set("bycloud_tier", bycloud.tier);
        set("bycloud_unbind", bycloud.unbind);
        const cloudsim::http_server server(context.get_executor(), [&](const cloudsim::control& sim) {
            sim.set(settings);
            prepare(sim, bycloud);
        });
        boost::asio::signal_set signals(context, SIGINT, SIGTERM);
        signals.async_wait([&](boost::system::error_code, int) { context.stop(); });
        std::cout << server.endpoints() << std::endl;
        if (!state_file.empty())
        {
            write_state_file(state_file, server.endpoints());
        }
        context.run();
        return 0;
    }
    catch (const std::exception& e)
    {
        std::cerr << "cloudsim: " << e.what() << '\n';
        return 1;
    }
}
