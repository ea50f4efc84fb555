#include "app/flags.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>

namespace app {
namespace {

constexpr auto footer =
    "Each flag is also an environment variable: CERTIFICATE_BINDING_ and the name of the flag in\n"
    "capitals with _ for -, such as CERTIFICATE_BINDING_RESYNC_PERIOD=5m. A flag overrides its\n"
    "variable. Of a repeated flag the last value counts, but --namespace collects all values; its\n"
    "variable is a list separated by commas. KUBECONFIG, OS_CLIENT_CONFIG_FILE, OS_CLOUD,\n"
    "HTTPS_PROXY, HTTP_PROXY and NO_PROXY have their usual meaning.\n"
    "Exit codes: 0 stopped by SIGTERM or SIGINT; 1 the program itself failed;\n"
    "2 the configuration is malformed or missing; 130 ended by a third signal.";

// Declares a flag with a text, of which the last value counts.
class text_flags
{
public:
    explicit text_flags(CLI::App& cli) : cli_(cli) {}

    CLI::Option* operator()(const char* flag, std::string& into, const char* type, const char* description)
        const
    {
        return cli_.add_option(flag, into, description)->type_name(type)->take_last();
    }

private:
    CLI::App& cli_;
};

void declare_cluster(CLI::App& cli, const text_flags& add, options& parsed)
{
    add("--kubeconfig",
        parsed.kubeconfig,
        "FILE",
        "The kubeconfig; default: $KUBECONFIG, else the pod's service\naccount, else ~/.kube/config");
    add("--context", parsed.context, "NAME", "Context of the kubeconfig; default: its current context");
    cli.add_option(
           "--namespace", parsed.namespaces, "Namespace to watch; repeatable; default: all namespaces"
    )
        ->type_name("NAME")
        ->allow_extra_args(false);
    add("--label-selector",
        parsed.label_selector,
        "SELECTOR",
        "Labels of the bindings to act on, such as region=sao1, where\nseveral controllers divide them; "
        "default: all bindings");
}

void declare_cloud(const text_flags& add, options& parsed, raw_options& raw)
{
    add("--cloud-config",
        parsed.cloud_config,
        "FILE",
        "The clouds.yaml; default: $OS_CLIENT_CONFIG_FILE, else where\nthe openstack client looks for one");
    add("--cloud",
        parsed.cloud,
        "NAME",
        "Cloud of the clouds.yaml; default: $OS_CLOUD, else that of an\nopenrc's OS_ variables, else the "
        "only cloud of the file");
    add("--allow-controller-credentials",
        raw.credential_namespaces,
        "NAMES",
        "Namespaces whose bindings may use this cloud's credential,\nseparated by commas; default: *, which "
        "is all. Bindings of\nother namespaces name a Secret of their own");
    add("--allowed-auth-urls",
        raw.allowed_auth_urls,
        "URLS",
        "Keystone and endpoint URLs that the clouds.yaml of a\nbinding's Secret may name, separated by "
        "commas, or * for\nall; default: those of this cloud's entry");
}

void declare_periods(const text_flags& add, raw_options& raw)
{
    add("--resync-period",
        raw.resync_period,
        "DURATION",
        "How often every listener is read again; default: 10m");
    add("--write-deadline",
        raw.write_deadline,
        "DURATION",
        "How long Octavia may take to answer a listener change;\ndefault: 30s (the controller adds 0.6 s "
        "for each certificate\nof the listener)");
    add("--cloud-timeout",
        raw.cloud_timeout,
        "DURATION",
        "How long Keystone may take to give a token, and Octavia and\nBarbican to answer a read (30 s at "
        "most); default: 1m");
}

void declare_pages(const text_flags& add, raw_options& raw)
{
    add("--metrics-bind-address",
        raw.metrics,
        "ADDRESS",
        "Address to serve /metrics, /livez and /readyz on, such as\n:8080, 127.0.0.1:8080 or "
        "[::1]:8080; default: 0, nowhere");
    add("--debug-address",
        raw.debug,
        "ADDRESS",
        "Address to serve /debug/targets on: what each listener waits\nfor; :8081 is 127.0.0.1:8081; "
        "default: "
        "0, nowhere");
}

void declare_limits(const text_flags& add, raw_options& raw)
{
    add("--max-cloud-requests",
        raw.cloud_requests,
        "NUMBER",
        "How many requests to clouds may be under way, each with its\nconnection; default: 512");
    add("--max-requests-per-server",
        raw.requests_per_server,
        "NUMBER",
        "How many of them to one server; default: 64");
    add("--max-kubernetes-requests",
        raw.kubernetes_requests,
        "NUMBER",
        "How many requests to the API server may be under way, without\nwatches; default: 32");
    add("--loop-lag-warning",
        raw.loop_lag_warning,
        "DURATION",
        "The log warns when work holds up the one thread for so long;\ndefault: 2s");
}

void declare_expiry(const text_flags& add, raw_options& raw)
{
    add("--expiry-metrics",
        raw.expiry_metrics,
        "true|false",
        "Whether /metrics has a sample for each binding: when its\ncertificate expires; default: true");
    add("--expiry-warning-days",
        raw.expiry_warning_days,
        "DAYS",
        "How many days before the expiry of a certificate its bindings\nget a Warning event; default: "
        "30,14,7,3,1; 0: no events");
}

void declare_bindings_api(const text_flags& add, raw_bindings_api& raw)
{
    add("--bindings-api-address",
        raw.address,
        "ADDRESS",
        "Address to serve the bindings API on, such as\n127.0.0.1:8082 or :8443; default: 0, nowhere");
    add("--bindings-api-namespace",
        raw.name_space,
        "NAME",
        "Namespace of the bindings API's requests without\nX-Namespace; default: they are refused");
    add("--bindings-api-default-region",
        raw.region,
        "REGION",
        "Region of the bindings API's requests without X-Region;\ndefault: they are refused");
    add("--bindings-api-wait",
        raw.wait,
        "DURATION",
        "How long a POST or DELETE of the bindings API may wait for\nits binding; default: 10s");
    add("--bindings-api-max-waiting",
        raw.most_waiting,
        "NUMBER",
        "How many requests of the bindings API may wait at a time;\ndefault: 1000");
    add("--bindings-api-requests-per-minute",
        raw.requests_per_minute,
        "NUMBER",
        "How many requests of one token the bindings API answers in\na minute; default: 600; 0: any number");
    add("--bindings-api-tls-cert-file",
        raw.certificate_file,
        "FILE",
        "Certificate (PEM, with its chain) of the bindings API, read\nagain when it changes; default: plain "
        "http");
    add("--bindings-api-tls-key-file", raw.key_file, "FILE", "Its private key (PEM)");
    add("--bindings-api-allow-http",
        raw.allow_http,
        "true|false",
        "Serves the bindings API over plain http on an address that\nis not of this machine alone; default: "
        "false");
}

void declare_leader(const text_flags& add, raw_leader& raw)
{
    // The flag may stand alone, as for the components of Kubernetes.
    add(leader_elect,
        raw.elect,
        "[true|false]",
        "Works only while this process holds a Lease, so that others\nmay stand by; default: false")
        ->expected(0, 1);
    add("--leader-elect-lease-duration",
        raw.lease_duration,
        "DURATION",
        "How long the others wait after the last renewal that they\nsaw; default: 15s");
    add("--leader-elect-renew-deadline",
        raw.renew_deadline,
        "DURATION",
        "How long the leader sends writes without a renewal;\ndefault: 10s");
    add("--leader-elect-retry-period",
        raw.retry_period,
        "DURATION",
        "How often the leader renews the Lease; default: 2s");
    add("--leader-elect-resource-name",
        raw.name,
        "NAME",
        "Name of the Lease; default: certificate-binding-controller");
    add("--leader-elect-resource-namespace",
        raw.name_space,
        "NAME",
        "Namespace of the Lease; default: that of the pod, else of the\nkubeconfig's context, else "
        "default");
}

void declare_log(const text_flags& add, raw_options& raw)
{
    add("--log-level",
        raw.log_level,
        "LEVEL",
        "Lowest level that is logged: debug, info, warn or error;\ndefault: info");
    add("--log-format", raw.log_format, "FORMAT", "Format of the log: json or text; default: text");
}

}  // namespace

void declare_flags(CLI::App& cli, options& parsed, raw_options& raw)
{
    cli.footer(footer);
    cli.set_help_flag("-h,--help", "Print this help and exit");
    cli.set_version_flag(
        "--version", "certificate-binding-controller " PROJECT_VERSION, "Print the version and exit"
    );
    cli.get_formatter()->column_width(30);
    const text_flags add(cli);
    // --help shows the flags in this order.
    declare_cluster(cli, add, parsed);
    declare_cloud(add, parsed, raw);
    declare_periods(add, raw);
    declare_pages(add, raw);
    declare_limits(add, raw);
    declare_expiry(add, raw);
    declare_bindings_api(add, raw.bindings_api);
    declare_leader(add, raw.leader);
    declare_log(add, raw);
}

bool may_be_empty(std::string_view flag)
{
    constexpr std::array<std::string_view, 10> flags{
        "--kubeconfig",
        "--context",
        "--label-selector",
        "--cloud-config",
        "--cloud",
        "--bindings-api-namespace",
        "--bindings-api-default-region",
        "--bindings-api-tls-cert-file",
        "--bindings-api-tls-key-file",
        "--leader-elect-resource-namespace"
    };
    return std::ranges::find(flags, flag) != flags.end();
}

}  // namespace app
