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

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app(
        "Answers as Keystone, Barbican and Octavia do, on 127.0.0.1. Prints its addresses as a line of JSON."
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
    CLI11_PARSE(app, argc, argv);
    try
    {
        if (die_with_parent)
        {
            ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        }
        boost::asio::io_context context(1);
        auto settings = cloudsim::json::object();
        if (!barbican_release.empty())
        {
            settings["barbican_release"] = barbican_release;
        }
        const cloudsim::http_server server(context.get_executor(), settings);
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
