#pragma once

#include "app/options.hpp"
#include "app/proxies.hpp"
#include "cloud/openstack/allowed_urls.hpp"
#include "cloud/openstack/cloud_files.hpp"
#include "kube/config.hpp"
#include "support/error.hpp"

#include <optional>
#include <string>
#include <vector>

namespace app {

// What the files, the variables and the plugins give, before a server of the cluster or the cloud is asked.
struct surroundings
{
    kube::config cluster;
    proxies proxies;
    cloud::openstack::cloud_entry cloud;
    cloud::openstack::allowed_urls allowed;
    std::string clouds_yaml;         // the path of that file; empty: the variables alone
    std::vector<std::string> notes;  // about the cloud, for the log
};

// Errors: invalid, with one line for the user.
support::result<surroundings> read_surroundings(const options& options);

// The environment of the process.
std::optional<std::string> machine_variable(const std::string& name);
std::vector<std::string> names_of_machine_variables();

// Of the machine; in a pod, it is the name of the pod.
std::string host_name();

}  // namespace app
