#pragma once

#include "net/http/url.hpp"
#include "support/error.hpp"
#include "support/secret.hpp"

#include <functional>
#include <optional>
#include <string>

// Where the API server is and how it is spoken to: from a kubeconfig
// (https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/) or from a pod's
// service account.
namespace kube {

// A value given as text or by the path of a file that may change while we run; the text wins.
struct text_or_file
{
    support::secret text;
    std::string file;

    bool empty() const { return text.empty() && file.empty(); }
};

struct config
{
    std::string source;  // for messages: "kubeconfig /home/me/.kube/config, context prod"
    net::url server;
    text_or_file ca;  // empty: the system's trust
    std::string tls_server_name;
    text_or_file client_certificate;
    text_or_file client_key;
    text_or_file token;
    std::string if_unread = "correct the path or the file's permissions";  // what to do then
};

using environment = std::function<std::optional<std::string>(const std::string& name)>;

// A file's content. errc::invalid names the path and what is wrong.
using file_reader = std::function<support::result<std::string>(const std::string& path)>;

// The files of the machine, up to 1 MiB each.
support::result<std::string> read_machine_file(const std::string& path);

struct config_request
{
    std::string
        kubeconfig;  // the flag; empty: KUBECONFIG, else in-cluster, else ~/.kube/config, as client-go does
    std::string context;  // empty: current-context
};

// errc::invalid is one line that says what is wrong and what to do.
support::result<config> load_config(
    const config_request& request, const environment& env, const file_reader& read
);

}  // namespace kube
