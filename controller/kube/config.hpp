#pragma once

#include "kube/exec_plugin.hpp"
#include "net/http/url.hpp"
#include "support/error.hpp"
#include "support/secret.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// The address of the API server and the credentials for it: from a kubeconfig
// (https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/) or from the service
// account of a pod.
namespace kube {

// A value that is given as text, or by the path of a file that may change while the program runs. The text
// wins.
struct text_or_file
{
    support::secret text;
    std::string file;

    bool empty() const { return text.empty() && file.empty(); }
};

// Whom the requests act as (https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/).
struct impersonation
{
    std::string user;  // empty: nobody else
    std::string uid;
    std::vector<std::string> groups;
    std::vector<std::pair<std::string, std::vector<std::string>>> extra;
};

struct config
{
    std::string source;      // for messages: "kubeconfig /home/me/.kube/config, context prod"
    std::string name_space;  // of the context or of the pod; empty: it names none
    net::url server;
    std::string server_text;  // the URL as it is written, for credential plugins
    text_or_file ca;          // empty: the trust of the system
    std::string tls_server_name;
    // The proxy for the API server, with user and password as they stand in the file; empty: that of the
    // environment.
    support::secret proxy_url;
    bool disable_compression = false;  // for credential plugins alone, because no answer is compressed
    text_or_file client_certificate;
    text_or_file client_key;
    // The file wins over the text while it can be read.
    text_or_file token;
    std::string username;
    support::secret password;
    std::optional<exec_plugin> exec;
    impersonation as;
    // What has no effect although it is written there; for the log.
    std::vector<std::string> notices;
    // What to do if a file cannot be read, for messages.
    std::string if_unread = "correct the path or the file's permissions";
};

using environment = std::function<std::optional<std::string>(const std::string& name)>;

// Returns the content of a file. The error names the path and the problem: unreachable if there is no such
// file, otherwise invalid.
using file_reader = std::function<support::result<std::string>(const std::string& path)>;

// Reads a file of this machine, up to 1 MiB.
support::result<std::string> read_machine_file(const std::string& path);

struct config_request
{
    // The flag. Empty: KUBECONFIG, else the service account of the pod, else ~/.kube/config, as in client-go.
    std::string kubeconfig;
    std::string context;  // empty: current-context
};

// Errors: invalid, with one line that says what is wrong and what to do.
support::result<config> load_config(
    const config_request& request, const environment& env, const file_reader& read
);

}  // namespace kube
