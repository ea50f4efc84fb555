// The program as a process: its messages and exit codes with a bad configuration, and with a good one while
// no server answers.
#include "fakes/certificates/certificates.hpp"
#include "testbed/eventually.hpp"
#include "testbed/files.hpp"
#include "testbed/ports.hpp"
#include "testbed/process.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::ip::tcp;
using testbed::eventually;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const test::certificate& authority()
{
    static const auto certificate = test::make_certificate({.subject = "authority", .ca = true});
    return certificate;
}

const test::certificate& someone(const std::string& name)
{
    static std::map<std::string, test::certificate> certificates;
    if (!certificates.contains(name))
    {
        certificates[name] = test::make_certificate({.subject = name, .issuer = &authority()});
    }
    return certificates[name];
}

std::string replaced(std::string text, const std::string& from, const std::string& to)
{
    const auto at = text.find(from);
    if (at == std::string::npos)
    {
        ADD_FAILURE() << "no " << from << " in " << text;
        return text;
    }
    return text.replace(at, from.size(), to);
}

// A good configuration, which a test changes. "%" is the folder of the files, "#" the port of the API server.
// Every secret in the configuration is "canary" or a private key.
struct start
{
    std::map<std::string, std::string> files{
        {"kubeconfig",
         "current-context: lab\n"
         "contexts:\n"
         "- {name: lab, context: {cluster: lab, user: me}}\n"
         "- {name: prod, context: {cluster: lab, user: robot}}\n"
         "clusters:\n"
         "- {name: lab, cluster: {server: 'https://127.0.0.1:#', certificate-authority: ca.crt}}\n"
         "users:\n"
         "- {name: me, user: {client-certificate: me.crt, client-key: me.key}}\n"
         "- {name: robot, user: {token: canary-token}}\n"},
        {"ca.crt", authority().pem},
        {"me.crt", someone("me").pem},
        {"me.key", someone("me").key_pem},
        {"clouds.yaml",
         "clouds:\n"
         "  home:\n"
         "    auth: {auth_url: 'http://127.0.0.1:1', user_id: me, project_id: p, password: canary-word}\n"
         "  work:\n"
         "    auth_type: v3applicationcredential\n"
         "    auth: {auth_url: 'http://127.0.0.1:1', application_credential_id: me,\n"
         "           application_credential_secret: canary-secret}\n"
         "    cacert: '%/ca.crt'\n"}
    };
    std::vector<std::string> arguments{
        "--kubeconfig=%/kubeconfig", "--cloud-config=%/clouds.yaml", "--cloud=work"
    };
    // The environment of a machine without any configuration of a cluster or a cloud.
    std::map<std::string, std::string> environment{
        {"HOME", "%"},
        {"KUBECONFIG", ""},
        {"KUBERNETES_SERVICE_HOST", ""},
        {"KUBERNETES_SERVICE_PORT", ""},
        {"OS_CLIENT_CONFIG_FILE", ""},
        {"OS_CLIENT_SECURE_FILE", ""},
        {"XDG_CONFIG_HOME", ""},
        {"XDG_CONFIG_DIRS", ""},
        {"OS_CLOUD", ""},
        {"HTTP_PROXY", ""},
        {"http_proxy", ""},
        {"HTTPS_PROXY", ""},
        {"https_proxy", ""},
        {"ALL_PROXY", ""},
        {"all_proxy", ""},
        {"NO_PROXY", ""},
        {"no_proxy", ""}
    };

    void change(const std::string& file, const std::string& from, const std::string& to)
    {
        files[file] = replaced(files[file], from, to);
    }
};

class program : public testing::Test
{
protected:
    program() { fs::create_directories(folder_); }
    ~program() override { fs::remove_all(folder_); }

    // Writes the files and returns the command to run.
    testbed::command command(const start& from) const
    {
        for (const auto& [name, content] : from.files)
        {
            const fs::path file = folder_ / name;
            fs::create_directories(file.parent_path());
            testbed::write_file(file, in_place(content));
        }
        testbed::command command{.program = CONTROLLER};
        for (const std::string& argument : from.arguments)
        {
            command.arguments.push_back(in_place(argument));
        }
        for (const auto& [name, value] : from.environment)
        {
            command.environment[name] = in_place(value);
        }
        return command;
    }

    std::string in_place(std::string text) const
    {
        for (const auto& [mark, meaning] : {std::pair("%", folder_.string()), {"#", std::to_string(port)}})
        {
            for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at))
            {
                text.replace(at, 1, meaning);
                at += meaning.size();
            }
        }
        return text;
    }

    static void expect_no_secret(const std::string& output)
    {
        EXPECT_THAT(output, Not(HasSubstr("canary")));
        for (const char* name : {"me", "somebody else"})
        {
            const std::string& key = someone(name).key_pem;
            EXPECT_THAT(output, Not(HasSubstr(key.substr(key.find('\n') + 1, 40))));
        }
    }

    fs::path log() const { return folder_ / "log"; }

    int port = testbed::free_port();

private:
    fs::path folder_ = fs::path(testing::TempDir()) / ("program-" + std::to_string(::getpid()));
};

// ---- exit 2 and one line ----

struct mistake
{
    std::string name;
    std::function<void(start&)> make;
    std::string message;
};

std::ostream& operator<<(std::ostream& stream, const mistake& value)
{
    return stream << value.name;
}

auto argument(const std::string& text)
{
    return [=](start& s) { s.arguments.push_back(text); };
}

auto change(const std::string& file, const std::string& from, const std::string& to)
{
    return [=](start& s) { s.change(file, from, to); };
}

// With Keystone behind TLS, which needs the CA.
auto over_tls(const std::function<void(start&)>& and_then)
{
    return [=](start& s) {
        s.change("clouds.yaml", "http://127.0.0.1:1', application", "https://127.0.0.1:1', application");
        and_then(s);
    };
}

auto content(const std::string& file, const std::string& text)
{
    return [=](start& s) { s.files[file] = text; };
}

auto without(const std::string& file)
{
    return [=](start& s) { s.files.erase(file); };
}

class misconfigured_program : public program, public testing::WithParamInterface<mistake>
{};

TEST_P(misconfigured_program, ends_with_2_and_one_line_without_a_secret)
{
    start from;
    GetParam().make(from);
    auto bounded = command(from);
    // The time limit makes it a failure if the program accepts the configuration and runs on.
    bounded.arguments.insert(bounded.arguments.begin(), {"60", bounded.program.string()});
    bounded.program = "timeout";
    const auto ended = testbed::run(bounded);
    EXPECT_EQ(ended.code, 2);
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(ended.err, StartsWith("certificate-binding-controller: "));
    EXPECT_THAT(ended.err, HasSubstr(in_place(GetParam().message)));
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    EXPECT_TRUE(ended.err.ends_with('\n'));
    expect_no_secret(ended.err);
}

const std::string give_kubeconfig = "; give one with --kubeconfig or KUBECONFIG\n";
const std::string give_clouds = "; give its path with --cloud-config or OS_CLIENT_CONFIG_FILE\n";
const std::string unread = "; correct the path or the file's permissions\n";
const std::string lab = "kubeconfig %/kubeconfig, context lab: ";
const std::string work = "%/clouds.yaml: cloud \"work\": ";
const std::string no_certificate = "there is no certificate in PEM form (-----BEGIN CERTIFICATE-----)\n";

const std::vector<mistake> mistakes{
    // Kubernetes
    {"nothing_at_all",
     [](start& s) { s = {.files = {}, .arguments = {}}; },
     "no kubeconfig: %/.kube/config: No such file or directory" + give_kubeconfig},
    {"missing_kubeconfig",
     without("kubeconfig"),
     "no kubeconfig: %/kubeconfig: No such file or directory" + give_kubeconfig},
    {"missing_kubeconfig_of_the_variable",
     [](start& s) {
         s.arguments.erase(s.arguments.begin());
         s.environment["KUBECONFIG"] = "%/a:%/b";
     },
     "no kubeconfig: %/a: No such file or directory" + give_kubeconfig},
    {"kubeconfig_that_is_no_yaml",
     change("kubeconfig", "canary-token}", "canary-token"),
     "kubeconfig %/kubeconfig: is not YAML (line "},
    {"kubeconfig_that_is_a_text",
     content("kubeconfig", "canary"),
     "kubeconfig %/kubeconfig: is not a YAML map"},
    {"kubeconfig_that_is_a_folder",
     argument("--kubeconfig=%"),
     "no kubeconfig: %: Is a directory" + give_kubeconfig},
    {"kubeconfig_whose_path_has_two_lines",
     argument("--kubeconfig=%/a\nb"),
     "%/a b: No such file or directory"},
    {"unknown_context", argument("--context=test"), "has no context \"test\"; it has: lab, prod\n"},
    {"no_current_context",
     change("kubeconfig", "current-context: lab\n", ""),
     "has no current-context; choose one with --context: lab, prod\n"},
    {"server_with_a_password",
     change("kubeconfig", "https://", "https://me:canary@"),
     lab + "server: the URL holds a user name; credentials do not belong in a URL\n"},
    {"missing_authority",
     without("ca.crt"),
     lab + "certificate-authority: %/ca.crt: No such file or directory" + unread},
    {"authority_that_is_a_folder",
     change("kubeconfig", "ca.crt", "'%'"),
     lab + "certificate-authority: %: Is a directory" + unread},
    {"authority_that_is_no_base64",
     change("kubeconfig", "certificate-authority: ca.crt", "certificate-authority-data: '&canary'"),
     lab + "certificate-authority-data is not base64; write the PEM text in base64, or its path as "
           "certificate-authority\n"},
    {"cluster_without_a_server",
     change("kubeconfig", "server: ", "servers: "),
     lab + "server of the cluster is missing; add its URL, such as https://10.0.0.1:6443\n"},
    {"token_file_that_is_missing",
     [](start& s) {
         s.change("kubeconfig", "token: canary-token", "tokenFile: none");
         s.arguments.emplace_back("--context=prod");
     },
     "tokenFile: %/none: No such file or directory" + unread},
    {"token_file_that_is_empty",
     [](start& s) {
         s.change("kubeconfig", "token: canary-token", "tokenFile: empty");
         s.files["empty"] = "";
         s.arguments.emplace_back("--context=prod");
     },
     "tokenFile: %/empty: is empty; write the token into it\n"},
    {"authority_that_is_no_certificate",
     content("ca.crt", "canary"),
     lab + "certificate-authority: " + no_certificate},
    {"authority_that_is_a_key",
     content("ca.crt", someone("me").key_pem),
     lab + "certificate-authority: " + no_certificate},
    {"missing_client_key", without("me.key"), lab + "client-key: %/me.key: No such file or directory" + unread
    },
    {"client_key_that_is_a_folder",
     change("kubeconfig", "me.key", "'%'"),
     lab + "client-key: %: Is a directory" + unread},
    {"client_key_that_is_none", content("me.key", "canary"), lab + "client-key: "},
    {"missing_client_certificate",
     without("me.crt"),
     lab + "client-certificate: %/me.crt: No such file or directory" + unread},
    {"client_certificate_that_is_none",
     content("me.crt", someone("me").key_pem),
     lab + "client-certificate: " + no_certificate},
    {"client_key_of_another_certificate",
     content("me.key", someone("somebody else").key_pem),
     lab + "client-certificate and client-key: the private key does not belong to the certificate"},
    {"pod_without_a_service_account",
     [](start& s) {
         s.arguments.erase(s.arguments.begin());
         s.environment["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
         s.environment["KUBERNETES_SERVICE_PORT"] = "443";
     },
     "in-cluster service account: tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token: No such "
     "file or "
     "directory; let the pod mount its service account"},

    // the cloud
    {"missing_clouds_yaml", without("clouds.yaml"), "no clouds.yaml at %/clouds.yaml" + give_clouds},
    {"missing_clouds_yaml_of_the_variable",
     [](start& s) {
         s.arguments.erase(s.arguments.begin() + 1);
         s.environment["OS_CLIENT_CONFIG_FILE"] = "%/none";
     },
     "no clouds.yaml at %/none" + give_clouds},
    {"no_clouds_yaml_where_openstack_looks",
     [](start& s) { s.arguments.erase(s.arguments.begin() + 1); },
     "no clouds.yaml at clouds.yaml, %/.config/openstack/clouds.yaml, /etc/xdg/openstack/clouds.yaml, "
     "/etc/openstack/clouds.yaml; give its path with --cloud-config or OS_CLIENT_CONFIG_FILE, or set "
     "OS_AUTH_URL and "
     "the other variables of an openrc\n"},
    {"unknown_cloud_where_openstack_looks",
     [](start& s) {
         s.files[".config/openstack/clouds.yaml"] = s.files["clouds.yaml"];
         s.arguments.erase(s.arguments.begin() + 1);
         s.arguments.emplace_back("--cloud=test");
     },
     "%/.config/openstack/clouds.yaml: has no cloud \"test\"; it has home, work\n"},
    {"clouds_yaml_that_is_a_folder", argument("--cloud-config=%"), "cannot read %: Is a directory" + unread},
    {"secure_yaml_that_is_a_folder",
     [](start& s) { s.files["secure.yaml/file"] = ""; },
     "cannot read %/secure.yaml: Is a directory" + unread},
    {"tls_of_the_cloud_that_is_not_verified",
     [](start& s) {
         s.change("clouds.yaml", "cacert: '%/ca.crt'", "verify: false");
         s.change("clouds.yaml", "http://127.0.0.1:1', application", "https://127.0.0.1:1', application");
     },
     work + "TLS is always verified; remove verify: false and give the cloud's CA with cacert, or the "
            "server's own "
            "certificate, which this command prints: openssl s_client -connect 127.0.0.1:1 </dev/null | "
            "openssl x509\n"},
    {"clouds_yaml_that_is_no_yaml",
     change("clouds.yaml", "canary-word}", "canary-word"),
     "%/clouds.yaml: invalid YAML at line "},
    {"clouds_yaml_that_is_a_text",
     content("clouds.yaml", "canary"),
     "%/clouds.yaml: has no clouds; it must hold"},
    {"no_cloud_at_all", content("clouds.yaml", "clouds: {}"), "%/clouds.yaml: has no clouds; it must hold"},
    {"several_clouds_and_none_chosen",
     [](start& s) { s.arguments.pop_back(); },
     "%/clouds.yaml: has several clouds; name one with --cloud (in a binding: "
     "cloudCredentialsRef.cloudName): home, work\n"},
    {"unknown_cloud", argument("--cloud=test"), "%/clouds.yaml: has no cloud \"test\"; it has home, work\n"},
    {"unknown_cloud_of_the_variable",
     [](start& s) {
         s.arguments.pop_back();
         s.environment["OS_CLOUD"] = "test";
     },
     "%/clouds.yaml: has no cloud \"test\"; it has home, work\n"},
    {"keystone_url_with_a_password",
     [](start& s) {
         s.change("clouds.yaml", "http://", "http://me:canary@");
         s.arguments.emplace_back("--cloud=home");
     },
     "auth.auth_url: the URL holds a user name; credentials do not belong in a URL\n"},
    {"cloud_without_its_secret",
     change("clouds.yaml", "application_credential_secret: canary-secret", ""),
     work + "auth.application_credential_secret is missing; add it\n"},
    {"missing_authority_of_the_cloud",
     over_tls(change("clouds.yaml", "%/ca.crt", "%/none")),
     work + "cacert: cannot read %/none: No such file or directory" + unread},
    {"authority_of_the_cloud_that_is_a_folder",
     over_tls(change("clouds.yaml", "%/ca.crt", "%")),
     work + "cacert: cannot read %: Is a directory" + unread},
    {"authority_of_the_cloud_that_is_a_key",
     over_tls(change("clouds.yaml", "ca.crt", "me.key")),
     work + "cacert %/me.key: " + no_certificate},

    // proxies
    {"proxy_that_is_no_url",
     [](start& s) { s.environment["HTTPS_PROXY"] = "http://me:can/ary@proxy"; },
     "HTTPS_PROXY: is not the URL of a proxy, such as http://proxy.example:3128 or "},
    {"proxy_of_another_scheme",
     [](start& s) { s.environment["http_proxy"] = "socks4://me:canary@proxy"; },
     "http_proxy: proxies of the scheme \"socks4\" are not supported; use http, https, socks5 or socks5h\n"},
    {"proxy_of_the_cluster_that_is_no_url",
     change("kubeconfig", "certificate-authority: ca.crt", "proxy-url: 'http://me:canary@'"),
     lab + "proxy-url: is not the URL of a proxy, such as"},

    // flags; options_test.cpp has them all
    {"unknown_flag", argument("--password=canary"), "unknown argument \"--password\"; --help lists"},
    {"bad_duration", argument("--resync-period=5"), "--resync-period: \"5\" is not a duration; write it as in"
    },
    {"duration_of_two_lines", argument("--resync-period=5\n6"), "--resync-period: \"5 6\" is not a duration"},
    {"bad_metrics_address",
     argument("--metrics-bind-address=localhost:8080"),
     "--metrics-bind-address: \"localhost:8080\" is no address to listen on; write it as in :8080, "},
    {"bad_log_level",
     argument("--log-level=loud"),
     "--log-level: log level \"loud\" is not known; use debug, "},
    {"bad_log_format",
     argument("--log-format=xml"),
     "--log-format: log format \"xml\" is not known; use json or"},
    {"odd_namespace",
     argument("--allow-controller-credentials=shop,Blog"),
     "--allow-controller-credentials: \"Blog\" is not a namespace name"},
    {"odd_url",
     argument("--allowed-auth-urls=https://keystone.example,keystone"),
     "--allowed-auth-urls: \"keystone\" is not a URL such as"},
    {"bad_variable",
     [](start& s) { s.environment["CERTIFICATE_BINDING_LOG_LEVEL"] = "loud"; },
     "CERTIFICATE_BINDING_LOG_LEVEL: log level \"loud\" is not known"}
};

INSTANTIATE_TEST_SUITE_P(app, misconfigured_program, testing::ValuesIn(mistakes), [](const auto& info) {
    return info.param.name;
});

TEST_F(program, asked_for_help_or_its_version_ends_with_0_whatever_its_configuration)
{
    for (const auto& [flag, message] :
         {std::pair("--help", "Usage: "), {"--version", "controller " PROJECT_VERSION}})
    {
        const auto ended = testbed::run(command({.files = {}, .arguments = {flag}}));
        EXPECT_EQ(ended.code, 0);
        EXPECT_THAT(ended.out, HasSubstr(message));
        EXPECT_EQ(ended.err, "");
    }
}

TEST_F(program, whose_metrics_port_is_taken_ends_with_2_and_one_line)
{
    asio::io_context context;
    tcp::acceptor taken(context, {asio::ip::address_v4::loopback(), 0});
    const auto address = "127.0.0.1:" + std::to_string(taken.local_endpoint().port());
    start from;
    from.arguments.push_back("--metrics-bind-address=" + address);
    const auto ended = testbed::run(command(from));
    EXPECT_EQ(ended.code, 2);
    EXPECT_EQ(
        ended.err,
        "certificate-binding-controller: --metrics-bind-address: cannot listen on " + address +
            ": Address already in use\n"
    );
}

// ---- the pages of the program ----

// The answer of the program, by HTTP/1.0.
std::string ask(int port, const std::string& path)
{
    asio::io_context context;
    tcp::socket socket(context);
    boost::system::error_code failed;
    socket.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)}, failed);
    if (failed)
    {
        return failed.message();
    }
    asio::write(socket, asio::buffer("GET " + path + " HTTP/1.0\r\n\r\n"));
    std::string answer;
    asio::read(socket, asio::dynamic_buffer(answer), failed);
    return answer;
}

TEST_F(program, serves_its_metrics_and_whether_it_lives_and_is_ready)
{
    start from;
    const int pages = testbed::free_port();
    from.arguments.push_back("--metrics-bind-address=127.0.0.1:" + std::to_string(pages));
    testbed::child child(command(from), log());
    ASSERT_TRUE(eventually("an answer", [&] { return ask(pages, "/healthz").ends_with("\r\n\r\nok\n"); }))
        << child.output();
    EXPECT_THAT(ask(pages, "/readyz"), StartsWith("HTTP/1.1 503 ")) << "there is no API server";
    const auto metrics = ask(pages, "/metrics");
    EXPECT_THAT(metrics, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(metrics, HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    EXPECT_THAT(metrics, HasSubstr("\ncertificatebinding_bindings{reason=\"Attached\"} 0\n"));
    expect_no_secret(metrics);
    const auto measured = testing::ContainsRegex("\ncertificatebinding_loop_lag_seconds_count [1-9]");
    EXPECT_TRUE(eventually("a sample of the lag", [&] {
        return testing::Value(ask(pages, "/metrics"), measured);
    }));
    EXPECT_THAT(child.output(), HasSubstr("metrics=127.0.0.1:" + std::to_string(pages)));
    child.signal(SIGTERM);
    ASSERT_TRUE(eventually("the end", [&] { return !child.running(); })) << child.output();
    EXPECT_EQ(child.wait(), 0) << child.output();
}

TEST_F(program, serves_what_its_targets_wait_for_and_warns_where_other_machines_may_read_it)
{
    start from;
    const int pages = testbed::free_port();
    from.arguments.push_back("--debug-address=0.0.0.0:" + std::to_string(pages));
    testbed::child child(command(from), log());
    ASSERT_TRUE(eventually("an answer", [&] {
        return ask(pages, "/debug/targets").ends_with("\r\n\r\n{\"continue\":\"\",\"items\":[\n]}\n");
    })) << child.output();
    EXPECT_THAT(ask(pages, "/debug/targets?limit=0"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask(pages, "/metrics"), StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(child.output(), HasSubstr("other machines can reach /debug/targets"));
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), 0) << child.output();
}

TEST_F(program, says_which_namespaces_it_waits_for_and_that_none_may_use_its_credential)
{
    start from;
    const int pages = testbed::free_port();
    from.arguments.push_back("--metrics-bind-address=127.0.0.1:" + std::to_string(pages));
    from.arguments.insert(
        from.arguments.end(),
        {"--namespace=shop",
         "--namespace=web",
         "--allow-controller-credentials=other",
         "--bindings-api-address=127.0.0.1:0",
         "--bindings-api-namespace=shop"}
    );
    testbed::child child(command(from), log());
    ASSERT_TRUE(eventually("an answer", [&] { return ask(pages, "/healthz").ends_with("ok\n"); }))
        << child.output();
    EXPECT_THAT(ask(pages, "/readyz"), testing::EndsWith("bindings are not listed yet: shop, web\n"));
    EXPECT_THAT(
        ask(pages, "/readyz?verbose"),
        testing::EndsWith("[-]bindings-listed failed: not yet: shop, web\n[+]rights ok\nreadyz check failed\n"
        )
    );
    EXPECT_THAT(ask(pages, "/readyz?verbose"), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(ask(pages, "/livez"), testing::EndsWith("\r\n\r\nok\n"));
    EXPECT_THAT(ask(pages, "/livez?verbose"), testing::EndsWith("[+]event-loop ok\nlivez check passed\n"));
    EXPECT_THAT(child.output(), HasSubstr("no watched namespace may use the credential of this cloud"));
    EXPECT_THAT(child.output(), HasSubstr("the namespace of the bindings API may not use the credential"));
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), 0) << child.output();
}

// ---- the wait for servers, and the end ----

class waiting_program : public program, public testing::WithParamInterface<int>
{};

TEST_P(waiting_program, tries_an_api_server_that_is_not_there_again_and_ends_with_0_at_a_signal)
{
    testbed::child child(command({}), log());
    EXPECT_TRUE(eventually("a line about the server", [&] {
        const auto text = child.output();
        return testing::AssertionResult(text.contains("Connection refused; trying again\n")) << text;
    }));

    // The program connects again by itself, to a server that accepts connections and does not answer.
    asio::io_context context;
    tcp::acceptor silent(context, {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
    silent.non_blocking(true);
    tcp::socket connection(context);
    ASSERT_TRUE(eventually("another try", [&] {
        boost::system::error_code failed;
        silent.accept(connection, failed);
        return !failed;
    })) << child.output();
    EXPECT_TRUE(child.running());

    child.signal(GetParam());
    ASSERT_TRUE(eventually("the end", [&] { return !child.running(); })) << child.output();
    EXPECT_EQ(child.wait(), 0) << child.output();
    EXPECT_EQ(std::ranges::count(child.output(), '\n'), 5) << "start, who may, trouble, signal, end:\n"
                                                           << child.output();
    EXPECT_THAT(child.output(), HasSubstr("--allow-controller-credentials"));
    expect_no_secret(child.output());
}

TEST_P(waiting_program, ends_with_0_between_two_tries)
{
    testbed::child child(command({}), log());
    EXPECT_TRUE(eventually("a line about the server", [&] {
        const auto text = child.output();
        return testing::AssertionResult(text.contains("Connection refused; trying again\n")) << text;
    }));
    child.signal(GetParam());
    ASSERT_TRUE(eventually("the end", [&] { return !child.running(); })) << child.output();
    EXPECT_EQ(child.wait(), 0) << child.output();
}

TEST_F(program, a_signal_changes_the_level_of_its_log_and_back)
{
    testbed::child child(command({}), log());
    const auto lines = [&](const std::string& text) {
        const auto output = child.output();
        std::size_t count = 0;
        for (auto at = output.find(text); at != std::string::npos; at = output.find(text, at + 1))
        {
            ++count;
        }
        return count;
    };
    ASSERT_TRUE(eventually("a line about the server", [&] { return lines("trying again") == 1; }))
        << child.output();
    EXPECT_EQ(lines(" debug "), 0U);
    child.signal(SIGUSR1);
    ASSERT_TRUE(eventually("debug lines", [&] { return lines(" debug ") > 0; })) << child.output();
    EXPECT_EQ(lines("SIGUSR1 changed the level of the log level=debug"), 1U);
    child.signal(SIGUSR1);
    ASSERT_TRUE(eventually("the former level", [&] {
        return lines("SIGUSR1 changed the level of the log level=info") == 1;
    })) << child.output();
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), 0) << child.output();
}

INSTANTIATE_TEST_SUITE_P(app, waiting_program, testing::Values(SIGTERM, SIGINT), [](const auto& info) {
    return info.param == SIGTERM ? "SIGTERM" : "SIGINT";
});

// No file is read twice, because a path such as <(decrypt clouds.yaml) of a shell gives its content once.
TEST_F(program, takes_a_clouds_yaml_from_a_pipe)
{
    start from;
    from.arguments[1] = "--cloud-config=/dev/stdin";
    testbed::command piped = command(from);
    piped.arguments.insert(
        piped.arguments.begin(),
        {"-c", "file=$1; shift; cat $file | \"$0\" \"$@\"", piped.program.string(), in_place("%/clouds.yaml")}
    );
    piped.program = "sh";
    piped.arguments.emplace_back("--cloud=test");
    EXPECT_THAT(testbed::run(piped).err, HasSubstr("/dev/stdin: has no cloud \"test\"; it has home, work"));
}

}  // namespace
